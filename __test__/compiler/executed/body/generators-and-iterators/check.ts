import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call }) => {
  assert.deepEqual(await call(page(3), 6), [[6, 8, 10], 5, [0, 1]])
}
