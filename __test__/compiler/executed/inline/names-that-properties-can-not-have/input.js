export function page(id) {
  return {
    async __proto__() {
      'use server'
      return id
    },
  }
}
export function classes(id) {
  class Early {
    static async constructor() {
      'use server'
      return ['early', id]
    }
    static async name() {
      'use server'
      return ['name', id]
    }
  }
  class Late {
    static early = [this.constructor]
    static async 'constructor'() {
      'use server'
      return ['late', id]
    }
  }
  return [Early.constructor, Early.name, ...Late.early]
}
