import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page, other }, load }) => {
  assert.equal(typeof (await load('server'))['page'], 'function')
  const [sealed] = page('mine').$$bound
  assert.doesNotMatch(Buffer.from(sealed, 'base64url').toString('latin1'), /mine/)
  const action = page('x')
  assert.notEqual(action.$$bound[0], sealed)
  assert.notEqual(other('mine').$$id, action.$$id)
}
