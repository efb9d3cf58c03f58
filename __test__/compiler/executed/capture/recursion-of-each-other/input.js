export function page(even, odd) {
  async function isEven(n) {
    'use server'
    return n === 0 ? even : isOdd(n - 1)
  }
  const isOdd = async (n) => {
    'use server'
    return n === 0 ? odd : isEven(n - 1)
  }
  const three = async (n) => {
    'use server'
    return isEven(n)
  }
  return { isEven, isOdd, three }
}
