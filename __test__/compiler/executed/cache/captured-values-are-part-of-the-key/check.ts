import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module }) => {
  const ann = module.make({ id: 'ann' }, 3n)
  assert.equal(await ann.total(), 6n)
  await assert.rejects(ann.posts(1), { code: 'errand::unserializable' }, 'a function is no key')
  const { byUser } = module
  assert.equal(await byUser({ id: 'ann' }, 3n)(1), 'ann 3 1')
  assert.equal(await byUser({ id: 'ann' }, 3n)(1), 'ann 3 1')
  assert.equal(module.runs, 1)
  assert.equal(await byUser({ id: 'bob' }, 3n)(1), 'bob 3 1')
  assert.equal(await byUser({ id: 'bob' }, 4n)(1), 'bob 4 1')
  assert.equal(await byUser({ id: 'bob' }, 4n)(2), 'bob 4 2')
  assert.equal(module.runs, 4)
}
