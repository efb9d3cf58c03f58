// Next.js 16.4.6: a ReferenceError when the action runs.
export function page(items) {
  const found = []
  for (let i = 0, last = items.length; i < last; i++) {
    found.push(async () => {
      'use server'
      return ['for', i, last]
    })
  }
  for (const { id, tags: [tag = 'none'] = [] } of items) {
    found.push(async () => {
      'use server'
      return ['of', id, tag]
    })
  }
  for (const key in items[0]) {
    found.push(async () => {
      'use server'
      return ['in', key]
    })
  }
  return found
}
