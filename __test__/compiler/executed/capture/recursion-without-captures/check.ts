import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call }) => {
  const [first, second] = page()
  assert.equal(await call(first, 3), 'second')
  assert.equal(await call(second, 3), 'first')
  assert.equal(first.$$bound, null)
}
