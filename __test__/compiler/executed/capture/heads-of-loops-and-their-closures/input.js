export function page(items) {
  const found = []
  for (
    let i = 0,
      first = async () => {
        'use server'
        return ['head', i]
      };
    i < 2;
    i++
  ) {
    if (i === 0) found.push(first)
    found.push(async () => {
      'use server'
      return ['body', i]
    })
  }
  for (var last of items) {
  }
  found.push(async () => {
    'use server'
    return ['after', last]
  })
  for (const item of items.map((it) => async () => {
    'use server'
    return ['mapped', it]
  })) found.push(item)
  return found
}
