import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module, actions, call, load, text }) => {
  assert.equal(await call(module['scale'], 4), 40)
  await assert.rejects(call(module['scale'], -1), { code: 'errand::invalid-input' })
  assert.equal(await call(module['short'], 'four'), 4)
  const form = new FormData()
  form.set('a', '1')
  assert.deepEqual(await call(module['default'], form), ['a'])
  assert.deepEqual(
    actions.map(({ name, params, rest, policy }) => [name, params, rest, policy]),
    [
      ['scale', 1, false, { timeout: '5s' }],
      ['short', 1, false, { concurrency: 2, limit: 40 }],
      ['default', 1, false, { files: { count: 1 } }],
    ],
  )
  assert.deepEqual([module['scale'].name, module['short'].name], ['scale', 'shorten'])

  const browser = await load('client')
  await assert.rejects(browser['short']('x'.repeat(40)), { code: 'errand::body-too-large', status: 413 })
  await assert.rejects(browser['default'](Object.assign(new FormData(), {}), 1, 2).then(() => browser['scale']()), { code: 'errand::invalid-input' })
  assert.doesNotMatch(text('client'), /positive|timeout|5s/)
}
