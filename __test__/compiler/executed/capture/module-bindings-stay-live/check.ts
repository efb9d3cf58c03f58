import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, toBrowser, actions }) => {
  const save = page('id')
  const held = await toBrowser(save)
  assert.deepEqual(await save(), ['id', 2, 20])
  assert.deepEqual(await held(), ['id', 3, 30])
  assert.deepEqual(await save(), ['id', 4, 40])
  assert.deepEqual(actions[0]!.captures, ['id'])
}
