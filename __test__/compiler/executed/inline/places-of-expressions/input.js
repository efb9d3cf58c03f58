const same = (it) => it

export function page(
  id,
  byDefault = async () => {
    'use server'
    return ['default', id]
  },
) {
  let assigned
  assigned = async () => {
    'use server'
    return ['assigned', id]
  }
  const object = {}
  object.deep = async () => {
    'use server'
    return ['member', id]
  }
  const listed = [
    async () => {
      'use server'
      return ['listed', id]
    },
  ]
  const called = same(async () => {
    'use server'
    return ['called', id]
  })
  const chosen = id
    ? async () => {
        'use server'
        return ['chosen', id]
      }
    : null
  const either = null ?? (async () => {
    'use server'
    return ['either', id]
  })
  const last = (0, async () => {
    'use server'
    return ['last', id]
  })
  const made = () => async () => {
    'use server'
    return ['made', id]
  }
  const text = `${same(async () => {
    'use server'
  }).name}`
  const returned = (() => {
    return async () => {
      'use server'
      return ['returned', id]
    }
  })()
  return [byDefault, assigned, object.deep, ...listed, called, chosen, either, last, made(), returned, text]
}
