export function page(id) {
  async function declared(a) {
    'use server'
    return ['declared', id, a]
  }
  const expression = async function (a) {
    'use server'
    return ['expression', id, a]
  }
  const arrow = async (a) => {
    'use server'
    return ['arrow', id, a]
  }
  const bare = async a => {
    'use server'
    return ['bare', id, a]
  }
  return [declared, expression, arrow, bare]
}
