import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { PAGE_SIZE, declared, short, listed, default: unnamed }, actions }) => {
  assert.equal(PAGE_SIZE, 20)
  assert.deepEqual(actions, [])
  const calls = [() => declared(1), () => short(1), () => listed(2), unnamed]
  for (const call of calls) assert.deepEqual(await call(), await call(), String(call))
  assert.notEqual(await declared(1), await declared(2))
}
