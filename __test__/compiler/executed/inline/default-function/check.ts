import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module, call }) => {
  assert.deepEqual(await call(module['default']), ['anonymous', 'helper'])
}
