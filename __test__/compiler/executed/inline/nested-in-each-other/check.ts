import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, toBrowser }) => {
  const expected = ['a', 'b', 'c', 'd', 'e']
  const outer = page('a')
  assert.deepEqual(await (await (await outer('b'))('d'))('e'), expected)
  // Each comes to the browser and calls the server for the next.
  const held = await toBrowser(outer)
  const middle = await held('b')
  const inner = await middle('d')
  assert.deepEqual(await inner('e'), expected)
}
