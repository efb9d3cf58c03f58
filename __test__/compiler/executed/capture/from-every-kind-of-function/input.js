export class Page {
  constructor(id) {
    this.save = async () => {
      'use server'
      return ['constructor', id]
    }
  }
  method(id) {
    return async () => {
      'use server'
      return ['method', id]
    }
  }
  get getter() {
    const id = 'g'
    return async () => {
      'use server'
      return ['getter', id]
    }
  }
  set setter(id) {
    this.set = async () => {
      'use server'
      return ['setter', id]
    }
  }
  static *generator(id) {
    yield async () => {
      'use server'
      return ['generator', id]
    }
  }
  static arrow = (id) => async () => {
    'use server'
    return ['arrow', id]
  }
}
