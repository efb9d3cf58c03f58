import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call, toBrowser }) => {
  const { declared, own, list, given } = page('base', 'log')
  assert.deepEqual(await call(declared, 2), [2, 1, 'base'])
  assert.deepEqual(await call(own, 3), ['log', 'base'])
  assert.deepEqual([await call(list[0], 3), await call(list[1], 3)], [1, 16])
  const again = await (await toBrowser(given))()
  assert.equal((await again()).$$id, given.$$id)
}
