export function page(id) {
  const methods = {
    async save() {
      'use server'
      return [methods, id]
    },
  }
  return methods
}
