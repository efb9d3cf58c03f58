import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call }) => {
  const [remove, ping] = page(2).actions()
  assert.deepEqual(await call(remove, 'old'), [2, 'old'])
  assert.equal(await call(ping), 'pong')
}
