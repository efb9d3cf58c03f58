export function page(a, b, c, d, e) {
  return async ({ a }, own = e) => {
    'use server'
    const b = 'b of the body'
    const seen = [a, b, c, own]
    {
      const c = 'c of the block'
      seen.push(c)
    }
    for (const c of ['c of the loop']) seen.push(c)
    try {
      throw 'c of the catch'
    } catch (c) {
      seen.push(c)
    }
    seen.push(((c) => c)('c of the arrow'), d(), (function e() {
      return typeof e
    })())
    return seen
    function d() {
      return 'd of the body'
    }
  }
}
