import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module, actions, call, callById, toBrowser }) => {
  assert.equal(await call(module['whole'](), ' a '), '[a]')
  await assert.rejects(call(module['whole'](), 1), { code: 'errand::invalid-input' })
  const { save, bound } = module['page'](7)
  assert.deepEqual(await call(save, 'x'), [7, 'x'])
  assert.equal(await call(bound, 2), 3)
  assert.deepEqual(
    actions.map(({ kind, name, policy }) => [kind, name, policy]),
    [
      ['inline', 'trim', undefined],
      ['inline', 'save', { concurrency: 1, limit: 400 }],
      ['inline', 'anonymous', { limit: 1024 }],
    ],
  )
  const there = await toBrowser(save)
  await assert.rejects(there('x'.repeat(400)), { code: 'errand::body-too-large' })
  await assert.rejects(callById(actions[0]!.id, { text: 'x' }), { code: 'errand::invalid-input' })
}
