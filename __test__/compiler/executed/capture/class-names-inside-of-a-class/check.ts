import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { greet, page }, call }) => {
  assert.equal(await call(greet, 'Ada'), 'Hello, Ada')
  // The class is captured, which only its own server can do.
  const load = page(1)
  assert.deepEqual(await load(), ['inner 1', 1])
  assert.throws(() => load.$$bound, { code: 'errand::unserializable' })
}
