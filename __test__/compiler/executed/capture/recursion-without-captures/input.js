export function page() {
  const first = async (n) => {
    'use server'
    return n === 0 ? 'first' : second(n - 1)
  }
  async function second(n) {
    'use server'
    return n === 0 ? 'second' : first(n - 1)
  }
  return [first, second]
}
