'use server'

async function internal() {
  return 'internal'
}
const alsoInternal = async () => internal()
export async function save() {
  return alsoInternal()
}
