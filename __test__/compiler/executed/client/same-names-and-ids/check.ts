import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module, load, text, call }) => {
  const browser = await load('client')
  const forms = await load('ssr')
  const names = ['a string', 'default', 'delete', 'remove', 'renamed', 'save']
  assert.deepEqual(Object.keys(browser).sort(), names)
  assert.deepEqual(Object.keys(forms).sort(), names)
  for (const name of names) {
    const args = name === 'save' ? ['Hi'] : name === 'remove' ? [3] : []
    assert.deepEqual(await browser[name](...args), await call(module[name], ...args))
  }
  for (const name of ['save', 'remove', 'default']) assert.equal(browser[name].$$id, module[name].$$id)
  // One function under three names has three ids, and answers to each.
  assert.equal(new Set(names.map((name) => browser[name].$$id)).size, names.length)
  for (const graph of ['client', 'ssr'] as const) assert.doesNotMatch(text(graph), /secret|stamp|removed/)
}
