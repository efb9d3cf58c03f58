import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module, call, actions }) => {
  const { save, member, conditional } = module
  assert.deepEqual(await call(save, 1, 2), [true, 3])
  assert.equal(await call(member, 4), 8)
  assert.equal(await call(conditional), 'otherwise')
  assert.deepEqual(await call(module['default']), [true, 'default'])
  for (const { rest } of actions.filter(({ export: name }) => name !== 'conditional')) assert.ok(rest)
}
