import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module, call, load }) => {
  const { save, load: own } = module
  assert.deepEqual(Object.keys(await load('client')).sort(), ['load', 'save'])
  assert.equal(await call(save, { id: 1 }, { posts: [{ id: 2 }] }), 2)
  assert.equal(await call(own, 3), 3)
}
