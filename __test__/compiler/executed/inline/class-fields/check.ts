import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call }) => {
  const Page = page(1)
  const instance = new Page()
  assert.deepEqual(await call(instance.field, 2), ['field', 1, 2])
  assert.deepEqual(await call(instance.hidden()), ['hidden', 1])
  assert.deepEqual(await call(instance.computed), ['computed', 1])
  assert.deepEqual(await call(Page.shared), ['shared', 1])
  assert.equal(instance.field.name, 'field')
}
