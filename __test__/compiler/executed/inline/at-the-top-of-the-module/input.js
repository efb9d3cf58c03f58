const table = {
  save: async (a) => {
    'use server'
    return ['save', a, size()]
  },
}
const size = () => Object.keys(table).length
let unexported = async () => {
  'use server'
  return unexported.name
}
export const actions = [table.save, unexported]
