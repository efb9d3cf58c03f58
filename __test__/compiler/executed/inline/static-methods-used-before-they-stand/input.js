export class Posts {
  static table = { load: this.load, remove: Posts.remove }
  static {
    Posts.list = [Posts.load, this.#hidden]
  }
  static async load() {
    'use server'
    return 'load'
  }
  static async remove() {
    'use server'
    return 'remove'
  }
  static async #hidden() {
    'use server'
    return 'hidden'
  }
}
export function page(id) {
  return class {
    static first = [this.load]
    static async load() {
      'use server'
      return ['load', id]
    }
  }
}
