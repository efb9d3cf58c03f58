// Next.js 16.4.6: writes go to an undeclared name, while reads see the captured value.
export function page() {
  let count = 1
  let name = null
  let [a, b] = ['a', 'b']
  let last
  const save = async (items) => {
    'use server'
    count += 1
    count++
    name ??= 'unnamed'
    ;[a, { b }] = [b, { b: a }]
    for (last of items) {
    }
    return { count, name, a, b, last }
  }
  return { save, see: () => ({ count, name, a, b, last }) }
}
