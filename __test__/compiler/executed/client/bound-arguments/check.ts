import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { move }, load, call }) => {
  const { move: stub } = await load('client')
  const form = new FormData()
  form.set('why', 'tidy')
  assert.deepEqual(await stub.bind(null, 'a')('b', form), ['a', 'b', 'tidy'])
  assert.deepEqual(await stub.bind(null, 'a').bind(null, 'b')(), ['a', 'b', null])
  assert.deepEqual(await call(move.bind(null, 'a'), 'b', form), ['a', 'b', 'tidy'])
}
