import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call }) => {
  const { sum, product } = page(10)
  assert.equal(await call(sum, 4), 20)
  assert.equal(await call(product, 4), 240)
}
