import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call }) => {
  const { isEven, isOdd, three } = page('even', 'odd')
  assert.equal(await call(isEven, 5), 'odd')
  assert.equal(await call(isOdd, 5), 'even')
  assert.equal(await call(three, 4), 'even')
}
