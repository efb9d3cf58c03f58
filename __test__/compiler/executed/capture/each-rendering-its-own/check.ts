import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call, toBrowser }) => {
  const [first, second] = await toBrowser([page('first'), page('second')])
  assert.equal(await first('a'), 'first: a')
  assert.equal(await second('a'), 'second: a')
  assert.equal(await call(page('third'), 'b'), 'third: b')
}
