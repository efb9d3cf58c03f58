import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call, actions }) => {
  assert.deepEqual(await call(page('A', 'B', 'C', 'D', 'E'), { a: 'given' }), [
    'given', 'b of the body', 'C', 'E', 'c of the block', 'c of the loop', 'c of the catch', 'c of the arrow', 'd of the body',
    'function',
  ])
  assert.deepEqual(actions[0]!.captures, ['e', 'c'])
}
