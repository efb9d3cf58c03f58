import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call }) => {
  const result = await call(page())
  assert.deepEqual(result.kinds, [true, true, true, 'bigint', 'undefined', true])
  assert.deepEqual(result.map.get('key'), new Date(1))
  assert.equal(result.alone[3], 12345678901234567890n)
}
