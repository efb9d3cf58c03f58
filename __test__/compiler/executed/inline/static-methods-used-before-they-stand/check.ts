import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { Posts, page }, call }) => {
  assert.equal(await call(Posts.table.load), 'load')
  assert.equal(await call(Posts.table.remove), 'remove')
  assert.equal(await call(Posts.list[0]), 'load')
  assert.equal(await call(Posts.list[1]), 'hidden')
  assert.deepEqual(await call(page(1).first[0]), ['load', 1])
}
