/**
 * Replies in and Flight rows out, beside React's own packages (production) doing the same, and beside `JSON.parse`, which
 * nobody who builds JavaScript values can beat. What takes part is in `wire-cases.mjs`.
 */

import { spawnSync } from 'node:child_process'
import process from 'node:process'

import { inRoot } from '../scripts/support/root.mjs'
import { rounds, timesAsFast, timesAsLong } from './rounds.mjs'
import { decodes, encodes, PARTS, streamed } from './wire-cases.mjs'

const REACT_DECODE = "React's decodeReply"
const REACT_BUSBOY = "React's decodeReplyFromBusboy"
const REACT_ENCODE = "React's renderer"
const BUSY_MS = 250

/** @returns {Promise<import('./table.mjs').Row[]>} */
export async function wire() {
  return [...(await decoding()), ...(await encoding()), ...memory()]
}

async function decoding() {
  const rows = []
  for (const { what, goal, ours, react, floor, isMultipart } of await decodes()) {
    process.stdout.write(`bench  decode ${what}\n`)
    const times = await rounds({ ours, react })
    const against = isMultipart ? REACT_BUSBOY : REACT_DECODE
    rows.push({ what: `decode ${what}`, against, ...timesAsFast(times.ours, times.react), goal })
    if (!floor) continue
    const busy = await rounds({ ours: { round: () => busyFor(ours) }, floor: { round: () => busyFor(floor) } })
    const asLong = timesAsLong(busy.ours, busy.floor)
    rows.push({ what: `decode ${what}: this thread is busy for`, against: 'JSON.parse', ...asLong, goal: '≤ 1.1×' })
  }
  return rows
}

/** Nanoseconds for which one pass keeps this thread; one of the pool may work meanwhile. */
async function busyFor({ pass }) {
  await new Promise((resolve) => setImmediate(resolve))
  const [before, begun] = [performance.eventLoopUtilization(), performance.now()]
  let passes = 0
  while (passes === 0 || performance.now() - begun < BUSY_MS) {
    await pass()
    passes += 1
  }
  return (performance.eventLoopUtilization(before).active * 1e6) / passes
}

async function encoding() {
  const rows = []
  for (const { what, ours, react } of encodes()) {
    process.stdout.write(`bench  encode ${what}\n`)
    const times = await rounds({ ours, react })
    rows.push({ what: `encode ${what}`, against: REACT_ENCODE, ...timesAsFast(times.ours, times.react) })
  }
  return rows
}

/** How much each grows a process of its own: once, in one go. */
function memory() {
  const grown = (who, what) => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [inRoot('benches', 'wire-memory.mjs'), who, what], { encoding: 'utf8' })
    if (status !== 0) throw new Error(`wire-memory ${who} ${what}: ${stderr}`)
    return Number(stdout) / 1024 / 1024
  }
  return ['1 MB of records', `${PARTS} parts`, streamed.what].flatMap((what) => {
    process.stdout.write(`bench  memory ${what}\n`)
    const [ours, react] = [grown('ours', what), grown('react', what)]
    const goal = what === streamed.what ? { goal: 'flat' } : {}
    return [
      { what: `memory, ${what}`, against: '', figure: `${ours.toFixed(1)} MB`, better: /** @type {const} */ ('lower'), ...goal },
      { what: `memory, ${what}, React`, against: '', figure: `${react.toFixed(1)} MB`, better: /** @type {const} */ ('lower') },
    ]
  })
}
