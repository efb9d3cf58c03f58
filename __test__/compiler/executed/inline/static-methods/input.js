export function page(id) {
  return class Posts {
    static async load() {
      'use server'
      return ['load', id]
    }
    static async 'quoted key'() {
      'use server'
      return ['quoted', id]
    }
    static async [`computed ${id}`]() {
      'use server'
      return ['computed', id]
    }
    static async get() {
      'use server'
      return ['get']
    }
    static async static() {
      'use server'
      return ['static']
    }
    static count = 3
    instance() {
      return Posts.count
    }
  }
}
