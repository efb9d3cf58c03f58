'use server'

import { start } from './input.js'

export const table = async () => start(0)
export async function stop(n) {
  return n === 0 ? 'stopped' : start(n - 1)
}
