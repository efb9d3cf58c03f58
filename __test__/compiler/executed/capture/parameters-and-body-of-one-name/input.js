export function inParameters(
  a,
  save = async () => {
    'use server'
    return a
  },
) {
  var a = 'of the body'
  return [save, a]
}
export function inBody(a) {
  var a = `${a} again`
  return async () => {
    'use server'
    return a
  }
}
export function same(save) {
  async function save() {
    'use server'
    return save.name
  }
  return save
}
