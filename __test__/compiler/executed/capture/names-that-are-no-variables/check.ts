import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call, actions }) => {
  const { plain, using } = page('l', 'k', { property: 'p' }, undefined, undefined)
  assert.equal(await call(plain, {}), 1)
  assert.deepEqual(actions.map((it) => it.captures), [[], ['label', 'key', 'property', 'post', 'tag']])
  await assert.rejects(using(), TypeError)
  const whole = page('l', 'k', { property: 'p' }, undefined, ([text]: string[]) => text).using
  assert.deepEqual(await whole(), { label: 'l', k: 1, property: 'p', typeof: 'undefined', tag: 'x' })
}
