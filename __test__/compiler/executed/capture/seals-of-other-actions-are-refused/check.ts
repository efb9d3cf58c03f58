import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, callById, call }) => {
  const { save, remove } = page('mine')
  assert.deepEqual(await call(save), ['save', 'mine'])
  const [sealed] = save.$$bound
  assert.ok(!Buffer.from(sealed, 'base64').includes('mine'))
  assert.deepEqual(await callById(save.$$id, sealed), ['save', 'mine'])
  const changed = sealed.slice(0, 40) + (sealed[40] === 'A' ? 'B' : 'A') + sealed.slice(41)
  for (const forged of [remove.$$bound[0], changed, 'mine', ['mine'], { values: ['mine'] }, undefined]) {
    await assert.rejects(callById(save.$$id, forged), { code: 'errand::seal-broken' })
  }
  await assert.rejects(callById('0'.repeat(32)), { name: 'UnknownActionError' })
}
