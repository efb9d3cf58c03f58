/**
 * `transformSync` beside SWC's parser alone, and `scan` beside Node's own search. The parser is a release binary of
 * `benches/rust`; rounds alternate with ours.
 */

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'

import { scan as scanBytes, transformSync } from 'errand'

import { inRoot, ROOT } from '../scripts/support/root.mjs'
import { cargo } from '../scripts/support/steps.mjs'
import { writeCorpus } from './corpus.mjs'
import { median, spread } from './table.mjs'

const ROUNDS = 7
const ROUND_MS = 500
const TARGETS = ['server', 'ssr', 'client']

/** @returns {Promise<import('./table.mjs').Row[]>} */
export async function compile() {
  const files = writeCorpus(inRoot('target', 'bench-corpus'))
  check(files)
  const parser = await startParser(files.map(({ path }) => path))
  await parser.round()
  const parsed = []
  const compiled = { server: [], ssr: [], client: [], map: [] }
  for (const target of TARGETS) pass(files, target) // warm
  for (let at = 0; at < ROUNDS; at += 1) {
    parsed.push(await parser.round())
    for (const target of TARGETS) compiled[target].push(round(files, target))
    compiled.map.push(round(files, 'server', true))
  }
  parser.stop()
  const bytes = files.reduce((sum, { code }) => sum + code.length, 0)
  process.stdout.write(`${files.length} files, ${Math.round(bytes / 1024)} KB\n`)
  return Object.entries(compiled).map(([name, times]) => {
    const ratios = times.map((time, at) => time / parsed[at])
    const what = name === 'map' ? 'server, with source map' : name
    return { what: `transformSync, ${what}`, against: "SWC's parse alone", ratio: median(ratios), spread: spread(ratios), better: 'lower' }
  })
}

/** A bench of something that fails would be fast. */
function check(files) {
  for (const { path, code } of files) {
    const { diagnostics, actions } = transformSync(code, { filename: path, root: ROOT, target: 'server' })
    if (diagnostics.some(({ severity }) => severity === 'error') || actions.length === 0) {
      throw new Error(`${path} does not compile: ${diagnostics.map(({ code, message }) => `${code} ${message}`).join('; ')}`)
    }
  }
}

/** Nanoseconds of one pass over all files. */
function round(files, target, sourceMap = false) {
  const begun = performance.now()
  let passes = 0
  while (passes === 0 || performance.now() - begun < ROUND_MS) {
    pass(files, target, sourceMap)
    passes += 1
  }
  return ((performance.now() - begun) * 1e6) / passes
}

function pass(files, target, sourceMap = false) {
  for (const { path, code } of files) transformSync(code, { filename: path, root: ROOT, target, sourceMap })
}

async function startParser(paths) {
  cargo.look() // finds one that PATH has not
  const built = spawnSync('cargo', ['build', '--release', '-p', 'benches'], { cwd: ROOT, stdio: 'inherit' })
  if (built.status !== 0) throw new Error('cargo build --release -p benches failed')
  const folder = process.env.CARGO_TARGET_DIR ?? inRoot('target')
  const child = spawn(join(folder, 'release', 'parse'), paths, { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })
  return {
    async round() {
      child.stdin.write('\n')
      const [line] = await once(lines, 'line')
      return Number(line)
    },
    stop: () => child.stdin.end(),
  }
}

const MEGABYTES = 64

/** A buffer of source without the directive: the search has to read all of it. @returns {import('./table.mjs').Row[]} */
export function scan() {
  const [{ code }] = writeCorpus(inRoot('target', 'bench-corpus'))
  const text = Buffer.from(code.replaceAll('use server', 'use client'))
  const bytes = Buffer.alloc(MEGABYTES * 1024 * 1024, text)
  const ours = []
  const nodes = []
  for (let at = 0; at < ROUNDS + 1; at += 1) {
    ours.push(perSecond(bytes, () => scanBytes(bytes)))
    nodes.push(perSecond(bytes, () => bytes.includes('use server')))
  }
  const ratios = ours.map((rate, at) => rate / nodes[at]).slice(1) // the first touches the memory
  return [
    { what: `scan, ${MEGABYTES} MB`, against: '', figure: `${median(ours).toFixed(1)} GB/s`, better: 'higher' },
    { what: `scan, ${MEGABYTES} MB`, against: 'Buffer.includes', ratio: median(ratios), spread: spread(ratios), better: 'higher' },
  ]
}

const TIMES = 8

/** Gigabytes per second. */
function perSecond(bytes, search) {
  const begun = performance.now()
  for (let at = 0; at < TIMES; at += 1) {
    if (search()) throw new Error('the buffer holds the directive')
  }
  return (TIMES * bytes.length) / 1e9 / ((performance.now() - begun) / 1000)
}
