import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { save, keep }, call, load }) => {
  assert.deepEqual(await call(save, 1), ['imported', 1])
  assert.deepEqual(await call(keep, 2), ['imported', 2])
  const browser = await load('client')
  assert.deepEqual(Object.keys(browser).sort(), ['keep', 'save'])
  assert.deepEqual(await browser['keep'](3), ['imported', 3])
}
