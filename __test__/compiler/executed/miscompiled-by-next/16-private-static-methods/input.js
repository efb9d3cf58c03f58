// Next.js 16.4.6: the output is no JavaScript.
export function page(id) {
  return class Posts {
    static async #remove(reason) {
      'use server'
      return [id, reason]
    }
    static async #ping() {
      'use server'
      return 'pong'
    }
    static actions() {
      return [Posts.#remove, this.#ping]
    }
  }
}
