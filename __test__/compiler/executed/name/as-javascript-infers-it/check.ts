import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, actions }) => {
  const names = [
    'declared', 'arrow', 'own', 'assigned', 'pattern', 'method', 'member', 'quoted key', 'load', 'field',
  ]
  assert.deepEqual(page(1).map(({ name }: { name: string }) => name), names)
  assert.deepEqual(actions.map(({ name }) => name), names)
}
