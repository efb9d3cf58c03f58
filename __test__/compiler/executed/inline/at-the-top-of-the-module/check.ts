import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module, call }) => {
  const [save, unexported] = module['actions']
  assert.deepEqual(await call(save, 1), ['save', 1, 1])
  assert.equal(await call(unexported), 'unexported')
}
