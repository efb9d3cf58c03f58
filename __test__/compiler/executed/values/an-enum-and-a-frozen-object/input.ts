export function page() {
  enum Kind {
    Draft,
    Published = 'published',
  }
  const settings = Object.freeze({ size: 2, of: Object.freeze([1]) })
  const bare = Object.assign(Object.create(null) as object, { a: 1 })
  return async () => {
    'use server'
    return [Kind.Draft, Kind[0], Kind.Published, settings.size, settings.of[0], (bare as { a: number }).a]
  }
}
