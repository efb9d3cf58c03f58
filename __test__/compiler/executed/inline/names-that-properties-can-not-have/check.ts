import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page, classes }, call }) => {
  // A method of that name is an own property; `__proto__: value` would be something else.
  const own = Object.getOwnPropertyDescriptor(page(1), '__proto__')
  assert.equal(await call(own?.value), 1)
  // A static method may be named so, a static property not, unless its key is computed.
  const [early, name, late] = classes(2)
  assert.deepEqual(await call(early), ['early', 2])
  assert.deepEqual(await call(name), ['name', 2])
  assert.deepEqual(await call(late), ['late', 2])
}
