import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page, $$errand_action_0: own }, call }) => {
  assert.deepEqual(await call(page('captured'), 'given'), ['mine', 'mine too', 'exported', 'captured', 'given'])
  assert.equal(own, 'exported')
}
