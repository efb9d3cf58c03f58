import assert from 'node:assert/strict'

import { createElement } from 'react'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { Page, received }, html, submit }) => {
  const page = await html(createElement(Page, { id: 5 }))
  assert.match(page, /the end/) // arguments that the author binds are no secret
  assert.equal((await submit(page, { why: 'tidy' })).status, 303)
  assert.deepEqual(received.pop(), [5, 'the end', new Map([['row', 2]]), 'tidy'])
}
