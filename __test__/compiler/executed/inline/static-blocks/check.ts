import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page, found }, call }) => {
  page(2)
  assert.deepEqual(await call(found[0]), [2, 4])
  assert.equal(await call(found[1]), 4)
}
