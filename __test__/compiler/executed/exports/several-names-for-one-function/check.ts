import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module, call, load, actions }) => {
  const browser = await load('client')
  assert.deepEqual(Object.keys(module).sort(), ['default', 'delete', 'save', 'save it', 'store'])
  assert.equal(actions.length, 5)
  for (const name of Object.keys(module)) {
    assert.deepEqual(await call(module[name], 1), ['saved', 1])
    assert.deepEqual(await browser[name](2), ['saved', 2])
  }
}
