const ping = async () => {
  'use server'
  return 'pong'
}
export function page(id) {
  const load = async () => {
    'use server'
    return id
  }
  const stay = async () => {
    'use server'
    return 'stays'
  }
  return async () => {
    'use server'
    const table = new Map([[ping, 'ping'], [stay, 'stay']])
    const { a = stay, ...others } = { load, stay, ping }
    return [table.get(ping), table.get(stay), typeof load, await a(), Object.keys(others), await others.load(), `${typeof stay}`]
  }
}
