import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call }) => {
  assert.deepEqual(await call(page()), [0, 'Draft', 'published', 2, 1, 1])
}
