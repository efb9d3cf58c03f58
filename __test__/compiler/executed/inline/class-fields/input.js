export function page(id) {
  return class {
    field = async (a) => {
      'use server'
      return ['field', id, a]
    }
    #hidden = async () => {
      'use server'
      return ['hidden', id]
    };
    ['computed'] = async () => {
      'use server'
      return ['computed', id]
    }
    static shared = async () => {
      'use server'
      return ['shared', id]
    }
    hidden() {
      return this.#hidden
    }
  }
}
