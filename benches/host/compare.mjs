/** Two servers under the same load. Rounds alternate, so that what else the machine does hits both. */

import { fork, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

import { inRoot, ROOT } from '../../scripts/support/root.mjs'
import { cargo } from '../../scripts/support/steps.mjs'
import { median, spread } from '../table.mjs'
import { NEXT, nextApp } from './next-app.mjs'
import { answerOf, textOf } from './requests.mjs'

const ROUNDS = 7
const SECONDS = 2
const CONNECTIONS = 16

/**
 * @typedef {import('./requests.mjs').Asked} Asked
 * @typedef {object} Comparison
 * @property {string} what @property {string} against
 * @property {string} ours the server, one of server.mjs
 * @property {Asked} asked
 * @property {string} theirs the same, or `next`; those that are bare write what Errand answers
 * @property {Asked} [theirsAsked] where it is asked in another way
 * @property {(answer: { status: number, body: string }) => boolean} [isDone] whether theirs did what is compared
 * @property {string} [goal]
 * @property {number} [connections]
 * @property {string} [tailGoal] with it the 99th percentile is compared too
 * @property {string} [memoryGoal] with it the growth of peak memory is compared too
 */

/** @param {Comparison} comparison @returns {Promise<import('../table.mjs').Row[]>} */
export async function compare({
  what, against, ours, asked, theirs, theirsAsked = asked, isDone, goal, connections = CONNECTIONS, tailGoal, memoryGoal,
}) {
  const errand = await server(ours)
  await answerOf(errand.port, asked) // fills the cache
  const answer = await answerOf(errand.port, asked)
  const other = await (theirs === 'next' ? next() : server(theirs, { ANSWER: JSON.stringify(answer) }))
  try {
    const told = await answerOf(other.port, theirsAsked)
    if (isDone && !isDone(told)) throw new Error(`${what}: ${against} answered otherwise: ${told.status} ${told.body.slice(0, 500)}`)
    const round = async ({ port, used }, request, seconds) => {
      const before = await used()
      const measured = await load(port, textOf(port, request), seconds, connections)
      const cpuMs = ((await used()).cpuMs - before.cpuMs) / measured.answers
      return { rate: measured.answers / measured.seconds, p99Ms: measured.p99Ms, cpuMs }
    }
    const idle = [(await errand.used()).peakBytes, (await other.used()).peakBytes]
    // Warm; what is compiled in many steps takes a while.
    await round(other, theirsAsked, theirs === 'next' ? 5 : 1)
    await round(errand, asked, 1)
    const ratios = { rate: [], tail: [], cpu: [] }
    for (let at = 0; at < ROUNDS; at += 1) {
      const [base, own] = [await round(other, theirsAsked, SECONDS), await round(errand, asked, SECONDS)]
      ratios.rate.push(own.rate / base.rate)
      ratios.tail.push(own.p99Ms / base.p99Ms)
      ratios.cpu.push(own.cpuMs / base.cpuMs)
    }
    const grown = [(await errand.used()).peakBytes - idle[0], (await other.used()).peakBytes - idle[1]]
    const memory = `${what}: growth of peak memory, ${connections} at a time`
    return [
      row(what, against, ratios.rate, 'higher', goal),
      row(`${what}: CPU time for each`, against, ratios.cpu, 'lower'), // all threads; what else the machine does changes it little
      ...(tailGoal ? [row(`${what}: 99th percentile`, against, ratios.tail, 'lower', tailGoal)] : []),
      ...(memoryGoal ? [{ what: memory, against, ratio: grown[0] / grown[1], better: 'lower', goal: memoryGoal }] : []),
    ]
  } finally {
    for (const { child } of [errand, other]) child.disconnect()
  }
}

/** Builds what asks: it has to cost less than what answers, so it is no JavaScript. */
export function buildLoad() {
  cargo.look() // finds one that PATH has not
  const built = spawnSync('cargo', ['build', '--release', '--quiet', '-p', 'benches', '--bin', 'load'], { cwd: ROOT, stdio: 'inherit' })
  if (built.status !== 0) throw new Error('cargo build --release -p benches failed')
}

/** One round. @returns {Promise<{ answers: number, seconds: number, p99Ms: number }>} */
async function load(port, request, seconds, connections) {
  const program = join(process.env.CARGO_TARGET_DIR ?? inRoot('target'), 'release', 'load')
  const child = spawn(program, [port, seconds, connections].map(String), { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(request)
  const said = (await child.stdout.toArray()).join('')
  if (said === '') throw new Error('the load failed')
  return JSON.parse(said)
}

function row(what, against, ratios, better, goal) {
  return { what, against, ratio: median(ratios), spread: spread(ratios), better, ...(goal && { goal }) }
}

async function server(name, env = {}) {
  const child = fork(fileURLToPath(new URL('server.mjs', import.meta.url)), {
    env: { ...process.env, NODE_ENV: 'production', SERVER: name, ...env },
  })
  const [{ port }] = await once(child, 'message')
  return { child, port, used: () => used(child) }
}

/** `next start`; what it has to say of refused calls is not read. */
async function next() {
  const { folder } = nextApp()
  const child = fork(join(NEXT, 'dist/bin/next'), ['start', '--hostname', '127.0.0.1', '--port', '0'], {
    cwd: folder,
    env: { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' },
    execArgv: ['--import', new URL('told.mjs', import.meta.url).href],
    stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
  })
  const port = await new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error('`next start` ended')))
    let said = ''
    child.stdout.on('data', (chunk) => {
      const found = /http:\/\/127\.0\.0\.1:(\d+)/.exec((said += chunk))
      if (found) resolve(Number(found[1]))
    })
  })
  return { child, port, used: () => used(child) }
}

/** @returns {Promise<{ peakBytes: number, cpuMs: number }>} */
async function used(child) {
  child.send('used')
  const [told] = await once(child, 'message')
  return told
}
