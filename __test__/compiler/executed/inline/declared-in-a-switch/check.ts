import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { sees, captures, hides }, call }) => {
  const [first, second] = sees('early', 1)
  assert.deepEqual(await call(first), ['first', 1, 1])
  assert.equal(await call(second), 1)
  assert.equal(await call(sees('late', 2)[0]), 2)
  assert.deepEqual(sees('break', 3), [])
  assert.equal(await call(captures(1)), 'local')
  assert.equal(await call(hides()), 'inner')
}
