import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module, call, load }) => {
  assert.equal(await call(module['default'], 1), 2)
  assert.equal(await (await load('client'))['default'](2), 3)
  assert.equal(module['default'].name, 'default')
}
