import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { table, Page }, call }) => {
  assert.equal(await call(table.save, 1), 2)
  assert.deepEqual(await call(table.load, { a: 1 }), { a: 1 })
  const { action, 'data-list': list } = Page({ id: 7 }).props
  assert.deepEqual(await call(action), [1, 7, undefined])
  assert.deepEqual(await call(list[1], 8, 9), [2, 8, 9])
}
