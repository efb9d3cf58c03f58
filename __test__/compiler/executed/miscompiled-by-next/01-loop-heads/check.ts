import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call }) => {
  const results = []
  for (const action of page([{ id: 7, tags: ['new'] }, { id: 8 }])) results.push(await call(action))
  assert.deepEqual(results, [
    ['for', 0, 2],
    ['for', 1, 2],
    ['of', 7, 'new'],
    ['of', 8, 'none'],
    ['in', 'id'],
    ['in', 'tags'],
  ])
}
