import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module, call }) => {
  for (const name of ['default', 'save', 'store']) assert.equal(await call(module[name]), 'save')
  assert.equal(await call(module['load']), 'load')
  assert.equal(await module['later'](), 'wrapped first')
  assert.equal(await call(module['later'].inner), 'first')
}
