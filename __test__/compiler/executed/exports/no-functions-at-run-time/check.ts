import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { load } }) => {
  await assert.rejects(load(), { code: 'errand::not-a-function', message: /'limit' is of type number \(.*broken\.js:4:14\)/ })
}
