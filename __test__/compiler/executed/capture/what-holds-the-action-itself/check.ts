import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page } }) => {
  const methods = page(7)
  assert.deepEqual(await methods.save(), [methods, 7])
  assert.throws(() => methods.save.$$bound, {
    code: 'errand::unserializable',
    message: /^the action 'save' captures a value that holds the action itself/,
  })
}
