import { early } from './early.js'

export async function save(n) {
  'use server'
  return n === 0 ? 'saved' : early[0](n - 1)
}
export { early }
