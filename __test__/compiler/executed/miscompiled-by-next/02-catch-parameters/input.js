// Next.js 16.4.6: a ReferenceError when the action runs.
export function page(reason) {
  try {
    throw { reason, at: [1, 2] }
  } catch ({ reason: why, at: [, column] }) {
    return async (name) => {
      'use server'
      return [name, why, column]
    }
  }
}
