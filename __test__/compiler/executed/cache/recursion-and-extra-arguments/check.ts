import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module }) => {
  assert.equal(await module.fibonacci(30), 832_040)
  assert.equal(module.runs, 31, 'each number is computed once')
  await module.fibonacci(30, 'what is not declared', { changes: 'nothing' })
  assert.equal(module.runs, 31)
  assert.notDeepEqual(await module.pair(1, 2, 3), await module.pair(1, 2, 4), 'a rest parameter counts')
  assert.deepEqual(await module.pair(1, 2, 3), await module.pair(1, 2, 3))
  await assert.rejects(module.fails(), /run 34/)
  await assert.rejects(module.fails(), /run 35/)
}
