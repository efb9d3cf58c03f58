import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call }) => {
  const Posts = page(1)
  assert.deepEqual(await call(Posts.load, 'a'), [1, 'a', 'base'])
  assert.deepEqual(await call(Posts.save, 2), [1, 2])
  assert.deepEqual([new Posts(3).get(), Posts.describe()], [3, 'posts'])
}
