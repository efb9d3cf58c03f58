export function page(base, log) {
  async function declared(n, seen = []) {
    'use server'
    return n === 0 ? [...seen, base] : declared(n - 1, [...seen, n])
  }
  const own = async function inner(n) {
    'use server'
    return n === 0 ? [log, base] : inner(n - 1)
  }
  const list = [1, 2].map((factor) => {
    const times = async (n) => {
      'use server'
      return n === 0 ? factor : factor * (await times(n - 1))
    }
    return times
  })
  const given = async () => {
    'use server'
    return given
  }
  return { declared, own, list, given }
}
