'use server'

import { stop } from './stop.js'

export async function start(n) {
  return n === 0 ? 'started' : stop(n - 1)
}
