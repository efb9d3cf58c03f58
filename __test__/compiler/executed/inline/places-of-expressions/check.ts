import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call }) => {
  const actions = page(1)
  assert.equal(typeof actions.pop(), 'string')
  const kinds = []
  for (const action of actions) {
    const [kind, id] = await call(action)
    assert.equal(id, 1)
    kinds.push(kind)
  }
  assert.deepEqual(kinds, ['default', 'assigned', 'member', 'listed', 'called', 'chosen', 'either', 'last', 'made', 'returned'])
}
