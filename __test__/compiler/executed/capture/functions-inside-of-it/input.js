export function page(a, b, c) {
  return async () => {
    'use server'
    const arrow = () => a
    function declared(own = b) {
      return own
    }
    class Local {
      static field = c
      #secret = a
      method = () => this.#secret
      get both() {
        return [a, b]
      }
    }
    const object = {
      a,
      method() {
        return this.a + b
      },
    }
    return [arrow(), declared(), Local.field, new Local().method(), new Local().both, object.method()]
  }
}
