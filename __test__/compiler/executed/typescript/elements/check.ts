import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { List }, call }) => {
  const rows = List({ items: [{ id: 1 }, { id: 2 }], Row: () => null })
  assert.equal(await call(rows[0].props.remove), 1)
  assert.equal(await call(rows[1].props.remove), 2)
}
