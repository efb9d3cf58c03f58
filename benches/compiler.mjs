/**
 * The compiler beside SWC's parser, which it can't do without, and beside those who do the same work: Next's own pass
 * and the transform of `@vitejs/plugin-rsc`. All over one corpus, in rounds that alternate.
 */

import { spawnSync } from 'node:child_process'
import { statSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

import { inRoot, ROOT } from '../scripts/support/root.mjs'
import { buildParser, compilerInRust, errand, nextSwc, parser, pluginRsc } from './contenders.mjs'
import { erased, largeFile, writeCorpus } from './corpus.mjs'
import { rounds, timesAsFast, timesAsLong } from './rounds.mjs'

const PARSE = "SWC's parse alone"
const NEXT = "Next's pass"
const RSC = "plugin-rsc's transform"
const GOAL = { parse: '≤ 1.35×', next: '≥ 7×', rsc: '≥ 8×' }
const SERVER = /** @type {const} */ ({ target: 'server' })
const CLIENT = /** @type {const} */ ({ target: 'client' })
const MAP = { sourceMap: true }

/** @returns {Promise<import('./table.mjs').Row[]>} */
export async function compiler() {
  buildParser()
  const folder = inRoot('target', 'bench-corpus')
  const files = writeCorpus(folder)
  const without = files.filter(({ actions }) => actions === 0)
  const having = files.filter(({ actions }) => actions > 0)
  // Inline actions can't be in client code: there only files with the directive on top are compiled.
  const onTop = having.filter(({ isInline }) => !isInline)
  process.stdout.write(`${having.length} files with actions, ${without.length} without, ${kilobytes(files)} KB\n`)
  return [
    ...(await oneAtATime(having)),
    ...(await asJavaScript(await erased(having))),
    ...(await forClient(onTop)),
    ...(await forClientAsJavaScript(await erased(onTop))),
    ...(await withoutDirective(without)),
    ...(await allCores(having)),
    ...(await allCoresAsJavaScript(await erased(having))),
    ...memory(folder),
    addonSize(),
  ]
}

const kilobytes = (files) => Math.round(files.reduce((sum, { code }) => sum + code.length, 0) / 1024)

async function oneAtATime(files) {
  say('one at a time')
  const parse = await parser(files)
  const inRust = await compilerInRust(files, 'server')
  const times = await rounds({
    parse,
    inRust,
    ours: errand(files, SERVER).sync,
    oursMap: errand(files, { ...SERVER, ...MAP }).sync,
    next: nextSwc(files, SERVER).sync,
    nextMap: nextSwc(files, { ...SERVER, ...MAP }).sync,
  })
  parse.stop()
  inRust.stop()
  return [
    { what: 'server, no map, in Rust', against: PARSE, ...timesAsLong(times.inRust, times.parse), goal: GOAL.parse },
    { what: 'server, no map', against: PARSE, ...timesAsLong(times.ours, times.parse), goal: GOAL.parse },
    { what: 'server, map', against: `${PARSE} (it has none)`, ...timesAsLong(times.oursMap, times.parse) },
    { what: 'server, no map', against: `${NEXT}, no map`, ...timesAsFast(times.ours, times.next), goal: GOAL.next },
    { what: 'server, map', against: `${NEXT}, map`, ...timesAsFast(times.oursMap, times.nextMap), goal: GOAL.next },
  ]
}

/** Types and JSX erased before, for those who expect that. */
async function asJavaScript(files) {
  say('types and JSX erased')
  const times = await rounds({
    ours: errand(files, { ...SERVER, ...MAP }).sync,
    next: nextSwc(files, { ...SERVER, ...MAP }).sync,
    rsc: (await pluginRsc(files, { ...SERVER, ...MAP })).sync,
  })
  return [
    { what: 'server, map, of JavaScript', against: `${NEXT}, map`, ...timesAsFast(times.ours, times.next), goal: GOAL.next },
    { what: 'server, map, of JavaScript', against: `${RSC}, map`, ...timesAsFast(times.ours, times.rsc), goal: GOAL.rsc },
  ]
}

async function forClient(files) {
  say('for the client')
  const parse = await parser(files)
  const inRust = await compilerInRust(files, 'client')
  const times = await rounds({
    parse,
    inRust,
    ours: errand(files, CLIENT).sync,
    next: nextSwc(files, CLIENT).sync,
  })
  parse.stop()
  inRust.stop()
  return [
    { what: 'client, no map, in Rust', against: PARSE, ...timesAsLong(times.inRust, times.parse), goal: GOAL.parse },
    { what: 'client, no map', against: PARSE, ...timesAsLong(times.ours, times.parse), goal: GOAL.parse },
    { what: 'client, no map', against: `${NEXT}, no map`, ...timesAsFast(times.ours, times.next), goal: GOAL.next },
  ]
}

async function forClientAsJavaScript(files) {
  const times = await rounds({
    ours: errand(files, { ...CLIENT, ...MAP }).sync,
    rsc: (await pluginRsc(files, { ...CLIENT, ...MAP })).sync,
  })
  return [{ what: 'client, map, of JavaScript', against: `${RSC}, map`, ...timesAsFast(times.ours, times.rsc), goal: GOAL.rsc }]
}

/** Most files of an app. Ours and plugin-rsc's search for the words; Next's compiles whatever comes. */
async function withoutDirective(files) {
  say('without the directive')
  const parse = await parser(files)
  const times = await rounds({
    parse,
    ours: errand(files, { ...SERVER, ...MAP }).sync,
    next: nextSwc(files, { ...SERVER, ...MAP }).sync,
    rsc: (await pluginRsc(files, { ...SERVER, ...MAP })).sync,
  })
  parse.stop()
  return [
    { what: 'no directive', against: PARSE, ...timesAsLong(times.ours, times.parse), goal: GOAL.parse },
    { what: 'no directive', against: `${NEXT}, map`, ...timesAsFast(times.ours, times.next), goal: GOAL.next },
    { what: 'no directive', against: `${RSC} (a search)`, ...timesAsFast(times.ours, times.rsc) },
  ]
}

async function allCores(files) {
  const cores = availableParallelism()
  say(`all ${cores} cores`)
  const parse = await parser(files, cores)
  const times = await rounds({
    parse,
    ours: errand(files, SERVER).async,
    oursMap: errand(files, { ...SERVER, ...MAP }).async,
    nextMap: nextSwc(files, { ...SERVER, ...MAP }).async,
  })
  parse.stop()
  const what = `all ${cores} cores, server`
  return [
    { what: `${what}, no map`, against: PARSE, ...timesAsLong(times.ours, times.parse), goal: GOAL.parse },
    { what: `${what}, map`, against: `${NEXT}, map`, ...timesAsFast(times.oursMap, times.nextMap), goal: GOAL.next },
  ]
}

async function allCoresAsJavaScript(files) {
  const times = await rounds({
    ours: errand(files, { ...SERVER, ...MAP }).async,
    rsc: (await pluginRsc(files, { ...SERVER, ...MAP })).async,
  })
  const what = `all ${availableParallelism()} cores, server, map, of JavaScript`
  return [{ what, against: `${RSC}, map`, ...timesAsFast(times.ours, times.rsc), goal: GOAL.rsc }]
}

const LARGE = 5_000_000

/** Peak growth of a fresh process, in times of the file. @param {string} folder @returns {import('./table.mjs').Row[]} */
function memory(folder) {
  say('memory')
  const path = join(folder, 'large-actions.ts')
  const code = largeFile(LARGE)
  writeFileSync(path, code)
  return ['no map', 'map'].map((map) => {
    const child = spawnSync(process.execPath, ['benches/memory.mjs', path, map], { cwd: ROOT, encoding: 'utf8' })
    if (child.status !== 0) throw new Error(child.stderr)
    const ratio = Number(child.stdout) / code.length
    return { what: `memory of a 5 MB file, server, ${map}`, against: 'its size', ratio, goal: '< 20×', better: 'lower' }
  })
}

/** @returns {import('./table.mjs').Row} */
function addonSize() {
  const megabytes = statSync(inRoot('dist', 'errand.node')).size / 1e6
  return { what: 'the addon, stripped', against: '', figure: `${megabytes.toFixed(1)} MB`, goal: '< 8 MB', better: 'lower' }
}

/** @param {string} what */
const say = (what) => process.stdout.write(`  ${what} …\n`)
