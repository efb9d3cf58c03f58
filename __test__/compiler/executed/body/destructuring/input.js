export function page(source) {
  return async ({ a, ...others }, [first, , third = source.third] = source.list) => {
    'use server'
    let x, y
    ;({ x, deep: [y = source.y] } = { x: 1, deep: [] })
    ;[x, y] = [y, x]
    const { [`${source.key}`]: computed = 'none' } = others
    return { a, others, first, third, x, y, computed }
  }
}
