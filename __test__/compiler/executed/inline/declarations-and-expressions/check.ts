import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call }) => {
  const kinds = []
  for (const action of page(1)) {
    const [kind, ...others] = await call(action, 2)
    assert.deepEqual(others, [1, 2])
    kinds.push([kind, action.name])
  }
  assert.deepEqual(kinds, ['declared', 'expression', 'arrow', 'bare'].map((it) => [it, it]))
}
