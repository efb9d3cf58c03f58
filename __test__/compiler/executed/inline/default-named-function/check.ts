import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module, call }) => {
  assert.equal(await call(module['default'], 2), 'saved')
  assert.equal(await call(module['early'], 2), 'saved')
}
