const registry = []
const keep = (action) => {
  registry.push(action)
  return class {
    kept = registry.length
  }
}
export function page(id) {
  class Page extends keep(async () => {
    'use server'
    return ['extends', id]
  }) {
    [(keep(async () => {
      'use server'
      return ['key', id]
    }), 'key')] = 1
  }
  return { registry, page: new Page() }
}
