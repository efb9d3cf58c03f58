import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call }) => {
  const results = []
  for (const action of page(['a', 'b'])) results.push(await call(action))
  // The closure of a loop's head keeps the variable of before the first round.
  assert.deepEqual(results, [
    ['head', 0], ['body', 0], ['body', 1], ['after', 'b'], ['mapped', 'a'], ['mapped', 'b'],
  ])
}
