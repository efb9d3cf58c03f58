'use server'

import { stamp } from './stamp.ts'

/** Words that no browser may see. */
const secret = 'the secret of the server'

export async function save(title: string) {
  return stamp(title, secret.length)
}
export const remove = async (id: number) => `removed ${id}`
export default async function () {
  return 'default'
}
async function local() {
  return 'renamed'
}
export { local as renamed, local as delete, local as 'a string' }
export type Post = { title: string }
