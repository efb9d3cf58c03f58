/** `node benches/wire-memory.mjs ours|react <what>`: by how many bytes the peak of this process grew. */

import process from 'node:process'

import { peak } from './peak.mjs'
import { decodes } from './wire-cases.mjs'

const [who = '', what = ''] = process.argv.slice(2)
const it = (await decodes()).find((it) => it.what === what)
if (!it) throw new Error(`nothing is called ${what}`)
globalThis.gc?.()
const before = peak()
await it[who].pass()
process.stdout.write(`${Math.max(0, peak() - before)}\n`)
