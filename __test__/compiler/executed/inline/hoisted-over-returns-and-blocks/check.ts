import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call }) => {
  assert.deepEqual(await call(page(1, true)), ['block', 1])
  assert.deepEqual(await call(page(1, false)), ['case', 1])
  assert.deepEqual(await call(page(2, false)), ['last', 2, 'last'])
}
