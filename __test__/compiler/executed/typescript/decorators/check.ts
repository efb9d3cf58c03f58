import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { make }, call }) => {
  assert.deepEqual(await call(make(1), 2), [1, 2, 'title', 3, ['method', 'field', 'class']])
}
