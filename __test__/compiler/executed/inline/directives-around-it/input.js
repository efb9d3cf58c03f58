export function page(id) {
  const first = async () => {
    'use strict'
    /* a comment */ "use server" // and another
    return ['first', id]
  }
  const second = async (a = 1) => {
    'some other directive'
    'use server'
    'use server'
    return ['second', id, a]
  }
  const escaped = async () => {
    'use\x20server'
    return ['escaped', id]
  }
  const empty = async () => {
    'use server'
  }
  return [first, second, escaped, empty]
}
