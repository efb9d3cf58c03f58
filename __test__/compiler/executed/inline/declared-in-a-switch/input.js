export function sees(kind, id) {
  label: switch (kind) {
    case 'break':
      break label
    case 'early':
      return [first, second]
    default:
      async function first() {
        'use server'
        return ['first', await second(), id]
      }
      async function second() {
        'use server'
        return id
      }
      return [second, first]
  }
  return []
}
export function captures(kind) {
  switch (kind) {
    case 1:
      const local = 'local'
      async function save() {
        'use server'
        return local
      }
      return save
  }
}
const outer = 'outer'
export function hides() {
  const save = outer
  switch (save) {
    case 'outer':
      async function save() {
        'use server'
        return 'inner'
      }
      return save
  }
}
