export const early = save
export default async function save(n) {
  'use server'
  return n ? save(n - 1) : 'saved'
}
