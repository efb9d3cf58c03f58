import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call }) => {
  const form = new FormData()
  form.set('title', 'Hi')
  form.set('file', new File(['text'], 'a.txt'))
  assert.deepEqual(await call(page(1), form), [1, 'Hi', 'a.txt', 'text'])
}
