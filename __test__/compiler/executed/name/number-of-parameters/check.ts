import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { plain, page }, actions }) => {
  assert.equal(plain.length, 2)
  assert.equal(page(1).plain.length, 2)
  // The values that it captures are no parameters of the caller.
  assert.deepEqual(actions.map(({ params, rest }) => [params, rest]), [[3, true], [2, false], [3, false], [1, true]])
}
