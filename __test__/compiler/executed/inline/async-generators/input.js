export function page(from) {
  return {
    async *method(to) {
      'use server'
      for (let n = from; n <= to; n++) yield n
    },
    expression: async function* (to) {
      'use server'
      yield* [from, to]
    },
  }
}
