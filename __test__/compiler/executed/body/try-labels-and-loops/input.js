export function page(limit) {
  return async (items) => {
    'use server'
    const seen = []
    outer: for (const row of items) {
      for (const item of row) {
        if (item === 'skip') continue outer
        if (seen.length >= limit) break outer
        try {
          if (item === 'throw') throw new Error('caught')
          seen.push(item)
        } catch ({ message }) {
          seen.push(message)
        } finally {
          seen.push('finally')
        }
      }
    }
    do {
      limit--
    } while (limit > 0)
    switch (limit) {
      case 0:
        seen.push('zero')
        break
      default:
        seen.push('not zero')
    }
    return seen
  }
}
