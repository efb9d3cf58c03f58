import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module, call, load }) => {
  assert.deepEqual(await call(module['default'], 1), ['wrapped', 1, 'and more'])
  assert.deepEqual(await (await load('client'))['default'](2), ['wrapped', 2, 'and more'])
}
