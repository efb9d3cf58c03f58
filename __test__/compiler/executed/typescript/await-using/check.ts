import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, toBrowser }) => {
  const save = await page('db')
  const again = ['open db', 'open other', 'use object', 'close db', 'use object', 'close other']
  assert.deepEqual(await save(), ['object', 'open shared', 'close shared', ...again])
  assert.deepEqual(await (await toBrowser(save))(), ['object', ...again])
}
