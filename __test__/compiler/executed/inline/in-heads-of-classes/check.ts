import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call }) => {
  const made = page(3)
  assert.deepEqual(await call(made.registry[0]), ['extends', 3])
  assert.deepEqual(await call(made.registry[1]), ['key', 3])
  assert.deepEqual({ ...made.page }, { kept: 2, key: 1 })
}
