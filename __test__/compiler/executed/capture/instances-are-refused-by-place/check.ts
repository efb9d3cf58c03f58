import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page } }) => {
  const save = page('Hi')
  assert.equal(await save(), 'Hi')
  assert.throws(() => save.$$bound, {
    code: 'errand::unserializable',
    message: /^captured\[0\]\.list\[0\] is an instance of Post/,
  })
}
