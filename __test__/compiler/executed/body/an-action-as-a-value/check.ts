import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call }) => {
  assert.deepEqual(await call(page(1)), ['ping', 'stay', 'function', 'stays', ['load', 'stay', 'ping'], 1, 'function'])
}
