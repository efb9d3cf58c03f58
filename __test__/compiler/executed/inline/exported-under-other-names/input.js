async function save() {
  'use server'
  return 'save'
}
export { save as default, save, save as store }
export { load }
const load = async () => {
  'use server'
  return 'load'
}
let later = async () => {
  'use server'
  return 'first'
}
later = wrap(later)
export { later }
function wrap(action) {
  return Object.assign(async () => `wrapped ${await action()}`, { inner: action })
}
