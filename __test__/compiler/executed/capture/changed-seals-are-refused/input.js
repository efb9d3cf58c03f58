export function page(id) {
  return async () => {
    'use server'
    return id
  }
}
export function other(id) {
  return async () => {
    'use server'
    return ['other', id]
  }
}
