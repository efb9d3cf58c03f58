export const found = []
export function page(id) {
  return class {
    static {
      const local = id * 2
      found.push(async () => {
        'use server'
        return [id, local]
      })
      async function declared() {
        'use server'
        return local
      }
      found.push(declared)
    }
  }
}
