export function page(id) {
  return {
    async __proto__() {
      'use server'
      return id
    },
  }
}
