import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call }) => {
  const { save, load, remove } = page(1)
  assert.deepEqual(await call(save), [1, 1])
  assert.deepEqual(await call(load, 2), [2, 1])
  assert.equal(await call(remove), 1)
}
