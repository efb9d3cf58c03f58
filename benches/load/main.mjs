/** `npm run load [-- --minutes 5 | --seconds 300] [--through node|express|listen] [--seed 1]` */

import process from 'node:process'
import { parseArgs } from 'node:util'

import { load } from './run.mjs'

const text = /** @type {const} */ ({ type: 'string' })
const { values } = parseArgs({ options: { minutes: text, seconds: text, through: text, seed: text } })
const seconds = values.seconds === undefined ? Number(values.minutes ?? 5) * 60 : Number(values.seconds)
const through = values.through ?? 'node'

/** After the warm-up memory may grow by this much, in MB; what a run of minutes needs more than this leaks. */
const MOST_GROWTH = 24
/** In shorter runs resident memory is still warming up. */
const LONG_SECONDS = 120

const report = await load({ seconds, through, seed: Number(values.seed ?? 1), log: (line) => process.stdout.write(`load   ${line}\n`) })
const { calls, kinds, rss, heap, handles, files, p99Ms, problems } = report
const lines = [
  `${calls} calls through ${through}, ${Math.round(calls / seconds)}/s: ${Object.entries(kinds).map(([name, count]) => `${name} ${count}`).join(', ')}`,
  `memory after the warm-up: resident ${rss.warm} to ${rss.end} MB (${rss.perMinute} MB/min), in use ${heap.warm} to ${heap.end} MB (${heap.perMinute} MB/min)`,
  `file handles ${handles.before} before, ${handles.after} after; temporary files left: ${files.length}; no-op p99 ${p99Ms.toFixed(1)} ms`,
]
process.stdout.write(`${lines.join('\n')}\n`)
for (const problem of problems.slice(0, 20)) process.stdout.write(`${problem}\n`)

const failures = [
  problems.length > 0 && 'results were lost, doubled or wrong',
  seconds >= LONG_SECONDS && rss.end - rss.warm > MOST_GROWTH && 'resident memory grew',
  heap.end - heap.warm > MOST_GROWTH && 'memory in use grew',
  handles.after > handles.before && 'file handles are left',
  files.length > 0 && 'temporary files are left',
].filter(Boolean)
process.stdout.write(failures.length > 0 ? `load failed: ${failures.join(', ')}\n` : 'all well\n')
process.exit(failures.length > 0 ? 1 : 0)
