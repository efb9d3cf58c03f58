import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call }) => {
  const user: { posts: object[]; self?: unknown } = { posts: [{ title: 'Hi' }] }
  user.self = user
  assert.deepEqual(await call(page(user)), ['changed', true, true])
}
