import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call }) => {
  assert.deepEqual(await call(page('a', 'b', 'c')), ['a', 'b', 'c', 'a', ['a', 'b'], 'ab'])
}
