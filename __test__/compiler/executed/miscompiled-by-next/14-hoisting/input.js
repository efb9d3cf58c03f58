// Next.js 16.4.6: a declaration that is used before its statement, or stands after `return`, is undefined.
export const early = [atTop]
export function page(id) {
  const before = [save, plain]
  return { before, table: { remove } }

  async function save() {
    'use server'
    return ['save', id]
  }
  async function remove() {
    'use server'
    return ['remove', id]
  }
  async function plain() {
    'use server'
    return ['plain']
  }
}
async function atTop() {
  'use server'
  return ['at top']
}
