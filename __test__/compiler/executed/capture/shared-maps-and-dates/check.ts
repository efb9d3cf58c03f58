import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, toBrowser }) => {
  const tags = new Map([['old', 1]])
  const save = page(tags, new Date(0))
  const held = await toBrowser(save)
  // Each call opens the seal anew.
  assert.deepEqual(await held(), [true, true, true, 2])
  assert.deepEqual(await held(), [true, true, true, 2])
  assert.equal(tags.size, 1)
  assert.deepEqual(await save(), [true, true, true, 2])
  assert.equal(tags.size, 2)
}
