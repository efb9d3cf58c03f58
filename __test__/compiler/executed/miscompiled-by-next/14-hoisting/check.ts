import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page, early }, call }) => {
  const { before, table } = page(6)
  assert.deepEqual(await call(early[0]), ['at top'])
  assert.deepEqual(await call(before[0]), ['save', 6])
  assert.deepEqual(await call(before[1]), ['plain'])
  assert.deepEqual(await call(table.remove), ['remove', 6])
}
