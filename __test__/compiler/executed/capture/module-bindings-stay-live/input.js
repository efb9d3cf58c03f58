import { counter, add } from './counter.js'

let local = 1
export function page(id) {
  return async () => {
    'use server'
    local += 1
    add()
    return [id, local, counter]
  }
}
