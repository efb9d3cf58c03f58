export function page(id) {
  return {
    save: async () => {
      'use server'
      return ['save', id]
    },
    remove: async () => {
      'use server'
      return ['remove', id]
    },
  }
}
