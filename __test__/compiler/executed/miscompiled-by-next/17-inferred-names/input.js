// Next.js 16.4.6: names leak from siblings and inner methods to outer functions.
export function page(id) {
  const first = async () => {
    'use server'
    return { inner() {} } && id
  }
  const outer = async () => {
    'use server'
    const helpers = {
      async nested() {
        'use server'
        return id
      },
    }
    return helpers.nested.name
  }
  const list = { second: async () => {
    'use server'
    return id
  } }
  return { first, outer, second: list.second, unnamed: [async () => {
    'use server'
    return id
  }][0] }
}
