import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call, actions }) => {
  assert.equal(await call(page('p', 1, null), 2, { id: 3 }), '2 3 c')
  assert.deepEqual(actions[0]!.captures, [])
}
