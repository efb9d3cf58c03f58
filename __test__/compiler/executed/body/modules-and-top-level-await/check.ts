import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { here }, call }) => {
  assert.deepEqual(await call(here), ['string', 5, 'loaded later'])
}
