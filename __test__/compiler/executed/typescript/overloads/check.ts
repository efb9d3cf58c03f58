import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module, call }) => {
  assert.deepEqual(await call(module['page'](1), 2, 3), [1, 2, 3])
  assert.equal(await call(module['Named'].save, 'a'), 'a')
  assert.deepEqual(await call(module['default'], 'b'), ['found', 'b'])
}
