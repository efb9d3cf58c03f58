import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { renamed, c, second, third, missing }, call }) => {
  const results = []
  for (const action of [renamed, c, second, third, missing]) results.push(await call(action))
  assert.deepEqual(results, ['a', 'c', 1, 2, 'default'])
}
