import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call }) => {
  // A method of that name is an own property; `__proto__: value` would be something else.
  const own = Object.getOwnPropertyDescriptor(page(1), '__proto__')
  assert.equal(await call(own?.value), 1)
}
