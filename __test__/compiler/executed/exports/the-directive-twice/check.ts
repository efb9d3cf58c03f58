import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { save }, call, actions, load }) => {
  assert.equal(await call(save, 1), 1)
  assert.equal(actions.length, 1)
  assert.equal(await (await load('client'))['save'](2), 2)
}
