import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page } }) => {
  const save = page(1)
  assert.equal(await save('Hi'), '1 Hi')
  assert.throws(() => save.$$bound, { code: 'errand::unserializable', message: /^captured\[0\] is a function/ })
}
