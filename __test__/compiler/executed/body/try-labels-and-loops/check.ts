import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call }) => {
  const items = [['a', 'skip', 'never'], ['throw', 'b'], ['too many']]
  assert.deepEqual(await call(page(6), items), ['a', 'finally', 'caught', 'finally', 'b', 'finally', 'zero'])
}
