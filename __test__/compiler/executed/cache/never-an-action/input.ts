export async function secretOf(id: string) {
  'use cache'
  return `secret of ${id}`
}
export async function show(id: string) {
  'use server'
  return (await secretOf(id)).length
}
