import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page, make }, call }) => {
  assert.deepEqual(await call(page(make('a')), 1), ['through', ['a', 1]])
  assert.deepEqual(await call(page(make('a').bind(null, 5)), 1), ['through', ['a', 5]])
  assert.deepEqual(await call(page(page(make('b'))), 2), ['through', ['through', ['b', 2]]])
}
