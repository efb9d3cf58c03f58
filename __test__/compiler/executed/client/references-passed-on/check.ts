import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ load }) => {
  const { later, run, greet } = await load('client')
  const { again, greet: returned } = await later('Ada')
  assert.equal(await again(), 'Hello, Ada')
  assert.equal(await returned('Bob'), 'Hello, Bob')
  assert.equal(await run(greet, 'Cyd'), 'Hello, Cyd')
  assert.equal(await run(again, 'ignored'), 'Hello, Ada')
}
