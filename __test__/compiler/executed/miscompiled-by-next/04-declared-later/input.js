// Next.js 16.4.6: a ReferenceError when the action runs.
export function page(id) {
  const save = async () => {
    'use server'
    return [id, later, laterStill.deep, hoisted]
  }
  const later = 'const'
  let laterStill = { deep: 'let' }
  var hoisted = 'var'
  return save
}
