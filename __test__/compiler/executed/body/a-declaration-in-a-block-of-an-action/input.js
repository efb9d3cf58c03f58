export function page(id) {
  return async (choose) => {
    'use server'
    if (choose) {
      const local = 'local'
      return await inBlock()
      async function inBlock() {
        'use server'
        return [id, local]
      }
    }
    for (const n of [1, 2]) {
      const each = async () => {
        'use server'
        return [id, n]
      }
      if (n === 2) return each()
    }
  }
}
