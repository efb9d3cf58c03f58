import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { count } }) => {
  const seen = []
  for await (const n of count(3)) seen.push(n)
  assert.deepEqual(seen, [1, 2, 3])
  assert.match(count.$$id, /^[0-9a-f]{32}$/)
}
