import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, toBrowser }) => {
  const { save, add } = page()
  // Until it leaves the server it is a closure like any other.
  add()
  assert.equal(await save(), 3)
  const held = await toBrowser(save)
  assert.equal(await held(), 3)
  add()
  assert.equal(await save(), 4)
  assert.equal(await held(), 3, 'what the browser holds is what was sealed')
}
