import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call }) => {
  const { save, load } = page(1)
  assert.equal(await call(save), 'save')
  assert.deepEqual(await call(load), ['load', 1])
}
