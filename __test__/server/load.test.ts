/** `npm run load`, ten seconds long: too short for memory to come to rest, long enough for what is lost or left. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { load } from '../../benches/load/run.mjs'

test('under load no result is lost or doubled, and nothing is left', async (t) => {
  const { calls, problems, handles, files, heap } = await load({ seconds: 10 })
  t.diagnostic(`${calls} calls, in use ${heap.warm} to ${heap.end} MB`)
  assert.deepEqual(problems, [])
  assert.deepEqual(files, [])
  assert.ok(handles.after <= handles.before, `${handles.after} file handles, ${handles.before} before`)
  assert.ok(calls > 100, `${calls} calls`)
  assert.ok(heap.end - heap.warm < 48, `in use ${heap.warm} to ${heap.end} MB`)
})
