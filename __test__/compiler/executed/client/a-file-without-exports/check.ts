import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module, load, actions }) => {
  assert.deepEqual(Object.keys(module), [])
  assert.deepEqual(Object.keys(await load('client')), [])
  assert.deepEqual(actions, [])
}
