import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call }) => {
  const { save, early } = page()
  await assert.rejects(early, ReferenceError)
  assert.equal(await call(save), 'there')
}
