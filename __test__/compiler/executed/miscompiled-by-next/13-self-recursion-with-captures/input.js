// Next.js 16.4.6: the recursive call takes its first argument for the sealed values.
export function page(base) {
  async function sum(n) {
    'use server'
    return n === 0 ? base : n + (await sum(n - 1))
  }
  const product = async (n) => {
    'use server'
    return n === 0 ? base : n * (await product(n - 1))
  }
  return { sum, product }
}
