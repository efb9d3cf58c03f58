import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call, actions }) => {
  const { first, outer, second, unnamed } = page(1)
  assert.deepEqual([first.name, outer.name, second.name], ['first', 'outer', 'second'])
  assert.ok(!['page', 'first', 'outer', 'nested', 'second'].includes(unnamed.name))
  assert.equal(await call(outer), 'nested')
  assert.deepEqual(actions.slice(0, 4).map(({ name }) => name), ['first', 'outer', 'nested', 'second'])
}
