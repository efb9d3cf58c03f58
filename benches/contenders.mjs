/** Each compiler as its users call it, over a list of files. */

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'

import { transform, transformSync } from 'errand'
import { transformDirectiveProxyExport, transformServerActionServer } from '@vitejs/plugin-rsc/transforms'
import { parseAstAsync } from 'vite'

import { actionsOf, loadNext } from '../__test__/next/next.mjs'
import { inRoot, ROOT } from '../scripts/support/root.mjs'
import { cargo } from '../scripts/support/steps.mjs'

/** @typedef {import('./corpus.mjs').File} File */
/** @typedef {{ target: 'server' | 'client', sourceMap?: boolean }} How */

/** @param {File[]} files @param {How} how */
export function errand(files, how) {
  // In production a client's map would be empty.
  const mode = how.target === 'client' && how.sourceMap ? 'development' : 'production'
  const options = files.map(({ path }) => ({ filename: path, root: ROOT, mode, ...how }))
  const sync = () => files.map(({ code }, at) => transformSync(code, options[at]))
  check('errand', files, sync().map(({ actions }) => actions.length))
  const atOnce = () => Promise.all(files.map(({ code }, at) => transform(code, options[at])))
  return { sync: { pass: sync }, async: { pass: atOnce } }
}

const next = await loadNext()

/**
 * Next's compiler does more than find actions: it lowers to the syntax of its targets, rewrites some imports, and of
 * TypeScript and JSX it erases types and compiles elements, which a Vite app leaves to another step. On files that are
 * JavaScript already, less of that is left. Its options are made for each file, as its loader does.
 *
 * @param {File[]} files @param {How} how
 */
export function nextSwc(files, how) {
  const sync = () => files.map(({ name, code }) => next.transformSync(code, { filename: name, ...how }))
  check('Next', files, sync().map(({ code }) => actionsOf(code).length))
  const atOnce = () => Promise.all(files.map(({ name, code }) => next.transform(code, { filename: name, ...how })))
  return { sync: { pass: sync }, async: { pass: atOnce } }
}

/**
 * What its plugin does with a file: it looks for the words, parses, transforms, and makes a map with its settings.
 *
 * @param {File[]} files JavaScript: it expects that another plugin was there before @param {How} how
 */
export async function pluginRsc(files, { target, sourceMap = false }) {
  /** @param {File} file */
  const one = async ({ name, code }) => {
    if (!code.includes('use server')) return 0
    const ast = await parseAstAsync(code)
    const result = target === 'server' ? ofServer(name, code, ast) : ofClient(name, code, ast)
    const { output } = result
    const map = sourceMap ? output.generateMap({ hires: 'boundary' }) : null
    return output.toString() && map !== undefined ? (result.referenceNames ?? result.exportNames).length : 0
  }
  const oneByOne = async () => {
    const counts = []
    for (const file of files) counts.push(await one(file))
    return counts
  }
  check('plugin-rsc', files, await oneByOne())
  return { sync: { pass: oneByOne }, async: { pass: () => Promise.all(files.map(one)) } }
}

const ofServer = (id, code, ast) =>
  transformServerActionServer(code, ast, {
    runtime: (value, name) => `$$ReactServer.registerServerReference(${value}, ${JSON.stringify(id)}, ${JSON.stringify(name)})`,
    rejectNonAsyncFunction: true,
    encode: (value, name) => `$$encryption.encryptActionBoundArgs(${value}, ${JSON.stringify(`${id}#${name}`)})`,
    decode: (value, name) => `await $$encryption.decryptActionBoundArgs(${value}, ${JSON.stringify(`${id}#${name}`)})`,
  })

const ofClient = (id, code, ast) =>
  transformDirectiveProxyExport(ast, {
    code,
    runtime: (name) => `$$ReactClient.createServerReference(${JSON.stringify(`${id}#${name}`)}, $$ReactClient.callServer)`,
    directive: 'use server',
    rejectNonAsyncFunction: true,
  })

/** A bench of something that fails would be fast. @param {string} who @param {File[]} files @param {number[]} counts */
function check(who, files, counts) {
  for (const [at, { name, actions }] of files.entries()) {
    if (counts[at] !== actions) throw new Error(`${who} finds ${counts[at]} actions in ${name}, which has ${actions}`)
  }
}

/** SWC's parser alone, in a process of its own. @param {File[]} files @param {number} [threads] */
export const parser = (files, threads = 1) => floor('parse', files, threads)

/** The compiler without JavaScript around it, in the same program as the parser. @param {File[]} files @param {string} target */
export const compilerInRust = (files, target) => floor(target, files, 1)

/** @param {string} work @param {File[]} files @param {number} threads */
async function floor(work, files, threads) {
  const folder = process.env.CARGO_TARGET_DIR ?? inRoot('target')
  const paths = files.map(({ path }) => path)
  const child = spawn(join(folder, 'release', 'floor'), [work, String(threads), ...paths], { stdio: ['pipe', 'pipe', 'inherit'] })
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

export function buildParser() {
  cargo.look() // finds one that PATH has not
  const built = spawnSync('cargo', ['build', '--release', '--quiet', '-p', 'benches'], { cwd: ROOT, stdio: 'inherit' })
  if (built.status !== 0) throw new Error('cargo build --release -p benches failed')
}
