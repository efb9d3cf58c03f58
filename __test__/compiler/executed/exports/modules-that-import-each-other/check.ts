import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { start }, call }) => {
  assert.equal(await call(start, 4), 'started')
  assert.equal(await call(start, 3), 'stopped')
}
