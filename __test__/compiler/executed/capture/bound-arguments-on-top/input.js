export function page(id) {
  return async (a, b, ...others) => {
    'use server'
    return [id, a, b, others]
  }
}
