export function page(action) {
  return async (n) => {
    'use server'
    return ['through', await action(n)]
  }
}
export function make(id) {
  return async (n) => {
    'use server'
    return [id, n]
  }
}
