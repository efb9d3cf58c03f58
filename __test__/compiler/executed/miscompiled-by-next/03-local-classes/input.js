// Next.js 16.4.6: a ReferenceError when the action runs.
export function page(name) {
  class Greeting {
    static of(greeted) {
      return `Hello, ${greeted}`
    }
  }
  return async () => {
    'use server'
    return Greeting.of(name)
  }
}
