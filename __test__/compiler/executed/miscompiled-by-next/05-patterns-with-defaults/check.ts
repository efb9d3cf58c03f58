import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call }) => {
  assert.deepEqual(await call(page({}, [])), {
    postId: 1,
    author: 'nobody',
    first: 'a',
    more: [],
    heading: 'none',
    others: {},
  })
  const post = { id: 5, author: { name: 'Ada', title: 'Notes', born: 1815 } }
  assert.deepEqual(await call(page(post, ['x', 'y', 'z'])), {
    postId: 5,
    author: 'Ada',
    first: 'x',
    more: ['y', 'z'],
    heading: 'Notes',
    others: { title: 'Notes', born: 1815 },
  })
}
