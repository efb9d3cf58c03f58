import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call }) => {
  const values = [1n, new Date(2), new Map([[{ a: 1 }, new Set([NaN])]]), undefined, null, -0, [[]], { a: { b: 'c' } }]
  const [, kinds, back] = await call(page(1), ...values)
  assert.deepEqual(kinds.slice(0, 3), ['[object BigInt]', '[object Date]', '[object Map]'])
  assert.deepEqual(back, values)
}
