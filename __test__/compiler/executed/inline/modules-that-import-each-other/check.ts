import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { early, save }, call }) => {
  assert.equal(early[0], save)
  assert.equal(await call(early[0], 2), 'saved')
}
