import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call }) => {
  assert.deepEqual(await call(page(undefined, 0, undefined)), [null, 0, undefined])
  assert.deepEqual(await call(page({}, '', null)), [null, '', undefined])
  assert.deepEqual(await call(page({ profile: { name: 'Ada' }, list: ['a'] }, 1, { deep: { value: 2 } })), ['Ada', 2, ['A']])
}
