export function page(id) {
  const format = (text) => `${id} ${text}`
  return async (text) => {
    'use server'
    return format(text)
  }
}
