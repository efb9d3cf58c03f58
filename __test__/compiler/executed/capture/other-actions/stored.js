'use server'

export async function stored(name) {
  return `stored ${name}`
}
