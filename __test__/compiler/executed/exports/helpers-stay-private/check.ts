import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { save }, call, actions }) => {
  assert.equal(await call(save), 'internal')
  assert.deepEqual(actions.map((it) => it.export), ['save'])
}
