import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call }) => {
  const save = page('p-', ['first'])
  assert.deepEqual(await call(save), ['p-a', 'p-a1', 'p-a1', 'first', []])
  assert.deepEqual(await call(save, 'x', { b: 'y', c: ['z'] }, 'e', 'f', 'g'), ['x', 'y', 'z', 'e', ['f', 'g']])
}
