'use server'

const make = () => ({
  a: async () => 'a',
  b: { c: async () => 'c', list: [async () => 0, async () => 1, async () => 2] },
})

export const {
  a: renamed,
  b: {
    c,
    list: [, second, third],
  },
  missing = async () => 'default',
} = make()
