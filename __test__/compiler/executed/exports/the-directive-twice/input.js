'use server'

export async function save(a) {
  'use server'
  return a
}
