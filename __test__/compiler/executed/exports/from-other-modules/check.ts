import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module, load, call }) => {
  const names = ['default', 'find', 'remove', 'save']
  for (const graph of ['server', 'client', 'ssr'] as const) assert.deepEqual(Object.keys(await load(graph)).sort(), names)
  const browser = await load('client')
  assert.equal(await call(module['save'], 1), 'saved 1')
  assert.equal(await browser['save'](1), 'saved 1')
  assert.equal(await browser['remove'](2), 'removed 2')
  assert.equal(await browser['find']({ id: 3 }), 3)
  assert.equal(await browser['default'](), 'default')
}
