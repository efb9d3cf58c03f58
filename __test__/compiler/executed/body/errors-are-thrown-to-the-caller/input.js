import { ActionError } from 'errand/server'

export function page(id) {
  return {
    async declared() {
      'use server'
      throw new ActionError('taken', { id })
    },
    async unexpected() {
      'use server'
      throw new RangeError(`secret of ${id}`)
    },
  }
}
