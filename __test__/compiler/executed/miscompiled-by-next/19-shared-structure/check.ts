import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call }) => {
  const ada = (): object => ({ name: 'Ada' })
  assert.deepEqual(await call(page({ author: ada(), editor: ada() })), ['Ada', false])
  const one = ada()
  assert.deepEqual(await call(page({ author: one, editor: one })), ['changed', true])
}
