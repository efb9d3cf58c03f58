'use server'

async function save(a) {
  return ['saved', a]
}
export { save, save as store, save as 'save it', save as delete }
export default save
