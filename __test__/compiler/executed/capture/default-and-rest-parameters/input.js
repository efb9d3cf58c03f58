export function page(prefix, list) {
  return async (a = `${prefix}a`, { b = a + list.length, c: [d = b] = [] } = {}, ...[e = list[0], ...others]) => {
    'use server'
    return [a, b, d, e, others]
  }
}
