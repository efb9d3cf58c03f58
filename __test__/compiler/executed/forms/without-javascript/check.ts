import assert from 'node:assert/strict'

import { createElement } from 'react'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { Page, Plain, received }, html, submit, actions }) => {
  const when = new Date(86_400_000)
  const page = await html(createElement(Page, { id: 5, when }))
  const [save] = actions
  assert.match(page, new RegExp(`<input type="hidden" name="\\$ACTION_REF_\\w+"`))
  assert.ok(page.includes(save!.id))
  assert.ok(!page.includes('1970'), 'what was captured is sealed')
  const response = await submit(page, { title: 'Hi' })
  assert.deepEqual([response.status, response.headers.get('location')], [303, '/page'])
  assert.deepEqual(received.pop(), [5, when, 'Hi'])

  const plain = await html(createElement(Plain))
  assert.match(plain, /<input type="hidden" name="\$ACTION_ID_[0-9a-f]{32}"\/>/)
  assert.equal((await submit(plain)).status, 303)
  assert.deepEqual(received.pop(), [])
}
