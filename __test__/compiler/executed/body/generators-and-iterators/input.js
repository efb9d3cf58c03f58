export function page(from) {
  return async (to) => {
    'use server'
    function* range(a = from, b = to) {
      while (a < b) yield a++
    }
    const doubled = {
      async *[Symbol.asyncIterator]() {
        for (const n of range()) yield n * 2
      },
    }
    const all = []
    for await (const n of doubled) all.push(n)
    return [all, Math.max(...range()), [...range(0, 2)]]
  }
}
