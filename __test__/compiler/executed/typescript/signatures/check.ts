import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call }) => {
  const { typed, generic, cast } = page({ id: 1 }, { items: [{ id: 2, title: 'stored' }] })
  assert.deepEqual(await call(typed, 'a'), ['a', undefined, 1])
  assert.equal(await call(generic, 2), 2)
  assert.equal(await call(cast), 'stored')
  assert.equal(await call(cast, { title: 'given' }), 'given')
}
