'use server'

const checked = (check, action) => async (...args) => ((await check(...args)) ? action(...args) : 'refused')

export const save = checked(
  async (title) => title !== '',
  async (title) => `saved ${title}`,
)
export const make = async (id) => async () => {
  'use server'
  return id
}
