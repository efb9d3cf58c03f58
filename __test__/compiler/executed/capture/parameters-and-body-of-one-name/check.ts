import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { inParameters, inBody, same }, call }) => {
  const [save, body] = inParameters('given')
  assert.equal(body, 'of the body')
  assert.equal(await call(save), 'given')
  assert.equal(await call(inBody('given')), 'given again')
  assert.equal(await call(same('given')), 'save')
}
