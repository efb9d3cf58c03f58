export function page(id) {
  return async (name) => {
    'use server'
    return `${id}: ${name}`
  }
}
