export function page(id) {
  const later = Promise.resolve(id)
  return {
    async thenable() {
      'use server'
      return { then: (resolve) => resolve(['then', id]) }
    },
    async nested() {
      'use server'
      return Promise.all([1, id].map(async (n) => n * 2))
    },
    async promised() {
      'use server'
      return later
    },
  }
}
