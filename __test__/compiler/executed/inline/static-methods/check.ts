import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call }) => {
  const Posts = page(1)
  assert.deepEqual(await call(Posts.load), ['load', 1])
  assert.deepEqual(await call(Posts['quoted key']), ['quoted', 1])
  assert.deepEqual(await call(Posts['computed 1']), ['computed', 1])
  assert.deepEqual(await call(Posts.get), ['get'])
  assert.deepEqual(await call(Posts.static), ['static'])
  assert.equal(new Posts().instance(), 3)
}
