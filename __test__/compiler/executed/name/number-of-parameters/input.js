export async function plain(a, b, c = 1, ...others) {
  'use server'
  return [a, b, c, others]
}
export function page(id) {
  return {
    plain: async (a, b) => {
      'use server'
      return [a, b]
    },
    capturing: async (a, b, c = 1) => {
      'use server'
      return [id, a, b, c]
    },
    rest: async (a, ...others) => {
      'use server'
      return [id, a, others]
    },
  }
}
