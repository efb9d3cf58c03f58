import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call }) => {
  const save = page({ third: 3, list: ['one'], y: 'y', key: 'k' })
  assert.deepEqual(await call(save, { a: 1, k: 'K' }), {
    a: 1, others: { k: 'K' }, first: 'one', third: 3, x: 'y', y: 1, computed: 'K',
  })
  assert.deepEqual(await call(save, { a: 1 }, [1, 2, 4]), {
    a: 1, others: {}, first: 1, third: 4, x: 'y', y: 1, computed: 'none',
  })
}
