import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page } }) => {
  const greet = page('Ada')
  assert.equal(await greet(), 'Hello, Ada')
  // A class is code and can't be sealed; who sends the reference is told so.
  assert.throws(() => greet.$$bound, { code: 'errand::unserializable', message: /^captured\[0\] is a function/ })
}
