/** `npm run bench`, or `npm run bench -- host`: every figure is a ratio to a baseline of the same run. */

import process from 'node:process'

import { cache } from './cache/run.mjs'
import { compiler } from './compiler.mjs'
import { host } from './host/run.mjs'
import { scan } from './scan.mjs'
import { table } from './table.mjs'
import { wire } from './wire.mjs'

const ALL = { host, cache, compiler, scan, wire }

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !Object.hasOwn(ALL, name))
if (unknown.length > 0) {
  process.stderr.write(`no bench is called ${unknown.join(', ')}; there are ${Object.keys(ALL).join(', ')}\n`)
  process.exit(1)
}

const rows = []
for (const [name, bench] of Object.entries(ALL)) {
  if (asked.length > 0 && !asked.includes(name)) continue
  process.stdout.write(`bench  ${name}\n`)
  rows.push(...(await bench()))
}
process.stdout.write(`\n${table(rows)}\n`)
