/** The parser's panics are diagnostics, and nothing else. */

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { test } from 'node:test'

/** On which the parser panics. */
const SOURCE = "async function a() { 'use server' }\nclass A { static"

test('a panic of the parser prints nothing', () => {
  const code = `
    import { transform, transformSync } from ${JSON.stringify(import.meta.resolve('errand'))}
    const options = { filename: 'a.js', target: 'server' }
    const results = [transformSync(${JSON.stringify(SOURCE)}, options), await transform(${JSON.stringify(SOURCE)}, options)]
    console.log(results.map(({ diagnostics }) => diagnostics[0].message).join('\\n'))`
  const env = { ...process.env, RUST_BACKTRACE: '1' }
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8', env })
  const message = "the source can't be parsed; it may break off too early\n"
  assert.deepEqual([stdout, stderr], [message.repeat(2), ''])
})
