export function page() {
  const values = {
    date: new Date(86_400_000),
    map: new Map([['key', new Date(1)], [2, new Map()]]),
    set: new Set([1, 'two', new Set([3n])]),
    big: 12345678901234567890n,
    null: null,
    nan: NaN,
    infinite: [Infinity, -Infinity],
    zero: -0,
    text: '$1 \u{1f600} \u2028 </script>',
    '$key': { constructor: 1 },
    holes: [undefined, null],
  }
  const { date, map, set, big, nan, zero, text } = values
  const nothing = undefined
  return async () => {
    'use server'
    return {
      ...values,
      alone: [date, map, set, big, nan, zero, text, nothing],
      kinds: [date instanceof Date, map instanceof Map, set instanceof Set, typeof big, typeof nothing, Object.is(zero, -0)],
    }
  }
}
