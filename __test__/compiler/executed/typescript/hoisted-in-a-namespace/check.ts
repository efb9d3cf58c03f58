import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { Posts }, call }) => {
  assert.equal(await Posts.early[0](), 2)
  assert.equal(await call(Posts.early[1]), 'load')
}
