import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { save, make }, call, toBrowser, actions }) => {
  assert.equal(await call(save, 'a'), 'saved a')
  assert.equal(await call(save, ''), 'refused')
  assert.equal(await (await (await toBrowser(make))(3))(), 3)
  assert.deepEqual(actions.map(({ kind, name }) => `${kind} ${name}`).sort(), ['inline anonymous', 'module make', 'module save'])
}
