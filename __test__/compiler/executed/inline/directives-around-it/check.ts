import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call, actions }) => {
  const [first, second, escaped, empty] = page(1)
  assert.deepEqual(await call(first), ['first', 1])
  assert.deepEqual(await call(second), ['second', 1, 1])
  assert.deepEqual(await call(escaped), ['escaped', 1])
  assert.equal(await call(empty), undefined)
  assert.equal(actions.length, 4)
}
