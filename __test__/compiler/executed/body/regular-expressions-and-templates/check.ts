import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call }) => {
  assert.deepEqual(await call(page(8), '`}'), ['a nested 8 }8{', 1, "'use server'", 4])
}
