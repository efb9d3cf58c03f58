import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { found }, call }) => {
  const results = []
  for (const action of found) results.push(await call(action))
  assert.deepEqual(results, ['block', 'if', 'for', 'of', 'switch'])
}
