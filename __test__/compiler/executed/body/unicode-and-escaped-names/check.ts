import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call, actions }) => {
  assert.deepEqual(await call(page(1, 2, 3)), [1, 2, 3, 2, '\u2028'])
  assert.deepEqual(actions[0]!.captures, ['größe', 'ab', '名前'])
}
