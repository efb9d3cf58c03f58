import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { declared, arrow, expression, named, one, two }, call }) => {
  assert.deepEqual(await call(declared, 1), ['declared', 1])
  assert.deepEqual(await call(arrow, 1), ['arrow', 1])
  assert.deepEqual(await call(expression, 1), ['expression', 1])
  assert.deepEqual(await call(named, 3), ['named', 0])
  assert.deepEqual([await call(one), await call(two)], [1, 2])
}
