// Next.js 16.4.6: the name inside is not captured, and the moved function takes it.
const walk = 'of the module'
export function page(depth) {
  const outer = async function walk(n) {
    'use server'
    return n === 0 ? ['end', depth, walk.name] : [n, ...(await walk(n - 1))]
  }
  return { outer, walk }
}
