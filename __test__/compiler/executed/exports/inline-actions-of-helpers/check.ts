import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { give }, call, toBrowser }) => {
  const action = await give(3)
  assert.deepEqual(await call(action, 'a'), [3, 'a'])
  const given = await (await toBrowser(give))(4)
  assert.deepEqual(await given('b'), [4, 'b'])
}
