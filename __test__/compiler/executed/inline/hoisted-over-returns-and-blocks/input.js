export function page(id, choose) {
  if (choose) {
    return inBlock
    async function inBlock() {
      'use server'
      return ['block', id]
    }
  }
  switch (id) {
    case 1:
      return inCase()
      function inCase() {
        return inner
        async function inner() {
          'use server'
          return ['case', id]
        }
      }
  }
  return last
  async function last() {
    'use server'
    return ['last', id, last.name]
  }
}
