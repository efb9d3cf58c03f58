export function page(id) {
  async function declared() {
    'use server'
  }
  const arrow = async () => {
    'use server'
    return id
  }
  const expression = async function own() {
    'use server'
    return id
  }
  let assigned
  assigned = async () => {
    'use server'
    return id
  }
  const { pattern = async () => {
    'use server'
  } } = {}
  const object = {
    async method() {
      'use server'
      return id
    },
    member: async () => {
      'use server'
    },
    async 'quoted key'() {
      'use server'
    },
  }
  class Local {
    static async load() {
      'use server'
      return id
    }
    static field = async () => {
      'use server'
    }
  }
  return [declared, arrow, expression, assigned, pattern, object.method, object.member, object['quoted key'], Local.load, Local.field]
}
