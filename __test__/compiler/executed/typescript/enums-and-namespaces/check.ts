import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { Posts, Kind }, call }) => {
  assert.deepEqual(await call(Posts.load, 1), ['post', 1, 'draft', 1])
  assert.equal(await call(Posts.remove, 2), 'post 2 removed')
  assert.deepEqual(await call(Posts.Inner.list), ['post'])
  assert.equal(Kind.Public, 'public')
}
