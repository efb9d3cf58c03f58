import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { save }, call }) => {
  assert.equal(await call(save), 'second')
}
