import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call }) => {
  const { thenable, nested, promised } = page(4)
  assert.deepEqual(await call(thenable), ['then', 4])
  assert.deepEqual(await call(nested), [2, 8])
  assert.equal(await promised(), 4)
  assert.throws(() => promised.$$bound, { code: 'errand::unserializable', message: /^captured\[0\] is a promise/ })
}
