import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module, call }) => {
  const [captures, plain] = module['default'](9).forms
  assert.deepEqual(await call(captures), ['the component', 9])
  assert.equal(await call(plain), 'the component')
}
