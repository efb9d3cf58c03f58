import { stored } from './stored.js'

export function page(id) {
  const load = async (name) => {
    'use server'
    return [id, name]
  }
  const ping = async () => {
    'use server'
    return 'pong'
  }
  let choice = load
  return async (name) => {
    'use server'
    const table = { load, ping, stored }
    return [await load(name), await table.ping(), await choice(name), await table.stored(name)]
  }
}
