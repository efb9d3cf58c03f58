import assert from 'node:assert/strict'

import { createElement } from 'react'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module, load, html, submit }) => {
  const forms = await load('ssr')
  const { received } = globalThis as unknown as { received: unknown[] }
  for (const name of ['save', 'default']) {
    const page = await html(createElement('form', { action: forms[name] }, createElement('input', { name: 'title' })))
    assert.match(page, new RegExp(`<input type="hidden" name="\\$ACTION_ID_${module[name].$$id}"/>`))
    assert.equal((await submit(page, { title: 'Hi' })).status, 303)
  }
  assert.deepEqual(received, ['Hi', 'default'])
  const bound = await html(createElement('form', { action: forms['save'].bind(null, new Date(0)) }))
  assert.match(bound, /\$ACTION_REF_/)
  assert.ok(bound.includes(module['save'].$$id))
}
