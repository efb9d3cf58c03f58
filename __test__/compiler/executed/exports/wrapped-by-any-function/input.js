'use server'

const log = []
const logged = (name) => (action) => async (...args) => {
  log.push(name)
  return [log.length > 0, await action(...args)]
}
const table = { deep: { action: async (a) => a * 2 } }

export const save = logged('save')(async (a, b) => a + b)
export const member = table.deep.action
export const conditional = table.missing ?? (async () => 'otherwise')
export default logged('default')(async () => 'default')
