'use server'

export async function even(n) {
  return n === 0 ? true : odd(n - 1)
}
export const odd = async (n) => (n === 0 ? false : even(n - 1))
