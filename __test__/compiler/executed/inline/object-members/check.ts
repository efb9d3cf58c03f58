import assert from 'node:assert/strict'

import type { Check, Reference } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call }) => {
  const { last, ...actions } = page(1, 'k')
  assert.equal(last, 'ordinary')
  assert.deepEqual(Object.keys(actions).sort(), ['42', 'async', 'get', 'k1', 'method', 'quoted key', 'static', 'value'])
  for (const [key, action] of Object.entries<Reference>(actions)) assert.deepEqual(await call(action, 1), [key, 1])
}
