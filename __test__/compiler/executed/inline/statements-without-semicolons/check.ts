import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call }) => {
  const list: number[] = []
  const [first, declared, third] = page(1, list)
  assert.deepEqual(await call(first), ['first', 1])
  assert.deepEqual(await call(declared), ['declared', 1])
  assert.deepEqual(await call(third), ['third', 1])
  assert.deepEqual(list, [1, 2, 3])
}
