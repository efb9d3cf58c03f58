import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call }) => {
  const { outer, walk } = page('d')
  assert.deepEqual(await call(outer, 2), [2, 1, 'end', 'd', 'walk'])
  assert.equal(walk, 'of the module')
}
