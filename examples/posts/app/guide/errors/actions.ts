'use server'

export async function fail() {
  throw new Error('the reason, which only the server may know')
}
