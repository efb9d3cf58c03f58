export function page(id, key) {
  return {
    async method() {
      'use server'
      return ['method', id]
    },
    value: async () => {
      'use server'
      return ['value', id]
    },
    async 'quoted key'() {
      'use server'
      return ['quoted key', id]
    },
    async 42() {
      'use server'
      return ['42', id]
    },
    async [key + 1]() {
      'use server'
      return [key + 1, id]
    },
    async async() {
      'use server'
      return ['async', id]
    },
    async get() {
      'use server'
      return ['get', id]
    },
    async static() {
      'use server'
      return ['static', id]
    },
    last: 'ordinary',
  }
}
