'use server'

function make(id) {
  return async (name) => {
    'use server'
    return [id, name]
  }
}
export async function give(id) {
  return make(id)
}
