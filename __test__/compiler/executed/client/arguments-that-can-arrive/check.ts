import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ load }) => {
  const { none, two, counted, some, wrapped } = await load('client')
  // An event can't be sent, but `onClick={none}` hands it over.
  const event = { target: globalThis, handler() {} }
  assert.equal(await none(event), 'called')
  assert.deepEqual(await two(1, { b: 2 }, event), [1, 2])
  assert.deepEqual(await two(1), [1, undefined])
  assert.equal(await counted(1, 2, 3), 3)
  assert.deepEqual(await some(1), [1, 'default', []])
  assert.deepEqual(await some(1, 2, 3, 4), [1, 2, [3, 4]])
  assert.deepEqual(await wrapped('a', 'b'), ['a', 'b'])
  await assert.rejects(counted(event), { code: 'errand::unserializable' })
}
