import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module, call, actions }) => {
  const results = []
  for (const name of ['declared', 'arrow', 'later', 'renamed', 'a string', 'default']) results.push(await call(module[name]))
  assert.deepEqual(results, ['declared', 'arrow', 'later', 'declared', 'declared', 'default'])
  for (const { kind, export: name } of actions) {
    assert.equal(kind, 'inline')
    assert.equal(typeof module[name], 'function')
  }
}
