import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call, toBrowser }) => {
  const save = page('id')
  assert.deepEqual(await call(save.bind(null, 1), 2, 3), ['id', 1, 2, [3]])
  assert.deepEqual(await call(save.bind(null, 1).bind(null, 2), 3), ['id', 1, 2, [3]])
  const date = new Date(9)
  assert.deepEqual(await call(save.bind(null, date, new Set([1]))), ['id', date, new Set([1]), []])
  // In the browser too.
  const held = await toBrowser(save)
  assert.deepEqual(await held.bind(null, 'x')('y', 'z'), ['id', 'x', 'y', ['z']])
}
