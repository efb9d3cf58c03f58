import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call }) => {
  const save = page(4, 'post')
  assert.deepEqual(await call(save), { title: 'post 4', size: 4, all: ['post 4', 4] })
  assert.deepEqual(await call(save, 'mine', { size: 1 }), { title: 'mine', size: 1, all: ['mine', 4] })
}
