'use server'

export async function move(from: string, to: string, form?: FormData) {
  return [from, to, form?.get('why') ?? null]
}
