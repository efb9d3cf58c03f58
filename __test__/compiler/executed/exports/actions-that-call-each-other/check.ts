import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { even, odd }, call }) => {
  assert.equal(await call(even, 10), true)
  assert.equal(await call(odd, 10), false)
}
