import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call }) => {
  const { save, see } = page()
  const result = { count: 3, name: 'unnamed', a: 'b', b: 'a', last: 2 }
  assert.deepEqual(await call(save, [1, 2]), result)
  // The writes were to the call's own copy: the next call begins anew, and the page's variables are as they were.
  assert.deepEqual(await call(save, [1, 2]), result)
  assert.deepEqual(see(), { count: 1, name: null, a: 'a', b: 'b', last: undefined })
}
