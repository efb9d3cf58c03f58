import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { secretOf, show }, actions, call, callById, text, toBrowser }) => {
  assert.deepEqual(actions.map(({ name }) => name), ['show'])
  assert.equal(await call(show, 'x'), 'secret of x'.length)
  const id = /cacheFunction\w*\(secretOf, "(\w{32})"/.exec(text('server'))?.[1]
  assert.ok(id, 'the compiled text names the id of the cached function')
  await assert.rejects(callById(id, 'x'), { name: 'UnknownActionError' })
  await assert.rejects(toBrowser(secretOf), 'a function that is no action does not leave the server')
}
