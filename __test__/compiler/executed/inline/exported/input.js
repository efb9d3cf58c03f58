export async function declared() {
  'use server'
  return 'declared'
}
export const arrow = async () => {
  'use server'
  return 'arrow'
}
export let later = async () => {
  'use server'
  return 'later'
}
async function local() {
  'use server'
  return declared()
}
export { local as renamed, local as 'a string' }
export default async () => {
  'use server'
  return 'default'
}
