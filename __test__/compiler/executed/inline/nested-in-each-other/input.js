export function page(a) {
  return async function outer(b) {
    'use server'
    const c = 'c'
    const middle = async (d) => {
      'use server'
      return async function inner(e) {
        'use server'
        return [a, b, c, d, e]
      }
    }
    return middle
  }
}
