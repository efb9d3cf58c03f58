export function page(id) {
  return async function () {
    'use server'
    const counter = {
      id,
      get() {
        return this.id
      },
    }
    class Base {
      name() {
        return 'base'
      }
    }
    class Inner extends Base {
      name() {
        return `${super.name()} ${new.target === undefined}`
      }
    }
    function count() {
      return arguments.length
    }
    return [counter.get(), new Inner().name(), count(1, 2, 3), { arguments: 1 }.arguments]
  }
}
