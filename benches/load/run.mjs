/**
 * `npm run load`: calls of all kinds, some minutes long, against a server in a process of its own. No result may be lost or
 * doubled, memory has to stay flat once it is warm, and at the end no temporary file and no file handle may be left.
 */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as later } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { KINDS } from './calls.mjs'

/** Callers at a time. */
const CALLERS = 24

/** The part of the run in which memory may grow. */
const WARM_UP = 1 / 4

/** How long the server may take to come to rest. */
const REST_MS = 15_000

/**
 * @typedef {object} Report
 * @property {number} calls
 * @property {Record<string, number>} kinds how many of each
 * @property {string[]} problems what went wrong; empty is well
 * @property {{ warm: number, end: number, perMinute: number, samples: number[] }} rss MB
 * @property {{ warm: number, end: number, perMinute: number, samples: number[] }} heap MB in use, what JavaScript holds outside of it included
 * @property {{ before: number, after: number }} handles
 * @property {string[]} files temporary files that are left
 * @property {number} p99Ms of calls that do nothing
 *
 * @param {{ seconds: number, through?: 'node' | 'express' | 'listen', seed?: number, log?: (line: string) => void }} options
 * @returns {Promise<Report>}
 */
export async function load({ seconds, through = 'node', seed = 1, log = () => {} }) {
  const folder = mkdtempSync(join(tmpdir(), 'errand-load-'))
  const env = { ...process.env, THROUGH: through, TMPDIR: folder, NODE_ENV: 'production' }
  const child = fork(fileURLToPath(new URL('server.mjs', import.meta.url)), { env, execArgv: ['--expose-gc'] })
  const ask = async (question) => {
    child.send(question)
    const [answer] = await once(child, 'message')
    return answer
  }
  try {
    const [{ port }] = await once(child, 'message')
    const before = await ask({ ask: 'stats' })
    const run = new Run(port, seed)
    const end = Date.now() + seconds * 1000
    const callers = Array.from({ length: CALLERS }, () => run.until(end))
    const samples = []
    while (Date.now() < end) {
      await later(Math.min(1000, seconds * 50))
      const { rss, heapUsed, external } = await ask({ ask: 'stats' })
      samples.push({ at: Date.now(), rss, heap: heapUsed + external })
      if (samples.length % 30 === 0) log(`${run.calls} calls, resident ${mb(rss)} MB, in use ${mb(heapUsed + external)} MB`)
    }
    await Promise.all(callers)
    const handles = await atRest(ask, before.handles)
    const files = await gone(folder)
    run.compare(await ask({ ask: 'counts', from: 0, to: run.calls + 1 }))
    const flat = samples.slice(Math.ceil(samples.length * WARM_UP))
    return {
      calls: run.calls,
      kinds: run.kinds,
      problems: run.problems,
      rss: growth(flat.map(({ at, rss }) => [at, rss])),
      heap: growth(flat.map(({ at, heap }) => [at, heap])),
      handles: { before: before.handles, after: handles },
      files,
      p99Ms: run.p99(),
    }
  } finally {
    child.disconnect()
    if (child.exitCode === null) await once(child, 'exit')
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What is called, and what is known of it. */
class Run {
  calls = 0
  /** @type {Record<string, number>} */
  kinds = {}
  /** @type {string[]} */
  problems = []
  /** @type {Map<number, string>} those that did not run once, by number */
  #others = new Map()
  /** @type {string[]} kinds, by number */
  #names = []
  /** @type {number[]} */
  #times = []

  constructor(port, seed) {
    this.target = { port, url: `http://127.0.0.1:${port}`, random: randomFrom(seed) }
  }

  async until(end) {
    while (Date.now() < end && this.problems.length < 10) {
      const [, name, call] = this.#choose()
      const number = (this.calls += 1)
      this.#names[number] = name
      this.kinds[name] = (this.kinds[name] ?? 0) + 1
      const started = performance.now()
      try {
        const ran = await call(this.target, number)
        if (ran !== 'once') this.#others.set(number, ran)
        if (name === 'no-op') this.#times.push(performance.now() - started)
      } catch (error) {
        this.#others.set(number, 'perhaps')
        this.problems.push(`call ${number} (${name}): ${error.stack ?? error}${error.cause ? `\n${error.cause.stack}` : ''}`)
      }
    }
  }

  /** Holds what the server counted against what was called. */
  compare({ runs, afters }) {
    const counted = { runs: Buffer.from(runs, 'base64'), afters: Buffer.from(afters, 'base64') }
    for (let number = 1; number <= this.calls; number += 1) {
      const [ran, after] = [counted.runs[number], counted.afters[number]]
      const expected = this.#others.get(number) ?? 'once'
      const isRight = expected === 'once' ? ran === 1 : expected === 'never' ? ran === 0 : ran <= 1
      if (!isRight) this.problems.push(`call ${number} (${this.#names[number]}) was to run ${expected} and ran ${ran} times`)
      if (after !== ran) this.problems.push(`call ${number} (${this.#names[number]}) ran ${ran} times, what it left for afterwards ${after} times`)
    }
  }

  p99() {
    return this.#times.sort((a, b) => a - b)[Math.floor(this.#times.length * 0.99)] ?? NaN
  }

  #choose() {
    let at = this.target.random() * KINDS.reduce((sum, [weight]) => sum + weight, 0)
    return KINDS.find(([weight]) => (at -= weight) < 0) ?? KINDS[0]
  }
}

/** File handles, when there are no more than before or the time is over. Connections that nobody uses close by themselves. */
async function atRest(ask, before) {
  const end = Date.now() + REST_MS
  for (;;) {
    const { handles } = await ask({ ask: 'stats' })
    if (handles <= before || Date.now() > end) return handles
    await later(200)
  }
}

async function gone(folder) {
  const end = Date.now() + REST_MS
  for (;;) {
    const files = readdirSync(folder)
    if (files.length === 0 || Date.now() > end) return files
    await later(100)
  }
}

/** The line through the samples that has the least squares. @param {[at: number, bytes: number][]} samples */
function growth(samples) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [x, y] = [mean(samples.map(([at]) => at)), mean(samples.map(([, bytes]) => bytes))]
  const slope = mean(samples.map(([at, bytes]) => (at - x) * (bytes - y))) / mean(samples.map(([at]) => (at - x) ** 2))
  const at = (time) => mb(y + slope * (time - x))
  return { warm: at(samples[0][0]), end: at(samples.at(-1)[0]), perMinute: mb(slope * 60_000), samples: samples.map(([, bytes]) => mb(bytes)) }
}

const mb = (bytes) => Math.round((bytes / (1 << 20)) * 10) / 10

/** Mulberry32: the same run for the same seed, as far as time allows. */
function randomFrom(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
