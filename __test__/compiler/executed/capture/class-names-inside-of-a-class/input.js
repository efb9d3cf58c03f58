class Outside {
  static greeting = 'Hello'
  static async greet(name) {
    'use server'
    return `${Outside.greeting}, ${name}`
  }
}
export const { greet } = Outside

export function page(id) {
  const Named = class Inner {
    static label = `inner ${id}`
    static async load() {
      'use server'
      return [Inner.label, id]
    }
  }
  return Named.load
}
