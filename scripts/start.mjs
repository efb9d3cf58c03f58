/** `npm start`: builds `examples/posts` if it changed, and serves it on PORT (3000). */

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import process from 'node:process'
import { createInterface } from 'node:readline'

import { inRoot } from './support/root.mjs'
import { fail, mustRun } from './support/run.mjs'
import { hashOf, stampAt } from './support/stamp.mjs'

const APP = 'examples/posts'
const LABEL = 'start  '

await build().catch(fail)
serve()

async function build() {
  // What the app imports from us counts like its own source: both are in the bundle.
  const hash = hashOf([APP, 'npm', 'crates/compiler/src', 'package-lock.json'], {
    skip: (path) => /\.db(-shm|-wal)?$/.test(path),
  })
  const stamp = stampAt(`${APP}/dist/.built-from`)
  if (stamp.is(hash) && existsSync(inRoot(APP, 'dist/rsc/index.js'))) {
    return void process.stdout.write(`${LABEL}${APP} ✓ nothing to build\n`)
  }
  process.stdout.write(`${LABEL}${APP}: vite build\n`)
  const { seconds } = await mustRun(LABEL, process.execPath, [inRoot('node_modules/vite/bin/vite.js'), 'build'], { cwd: inRoot(APP) })
  stamp.set(hash)
  process.stdout.write(`${LABEL}${APP} ✓ ${seconds.toFixed(1)} s\n`)
}

function serve() {
  const server = spawn(process.execPath, [inRoot('dist/cli/index.js'), 'start'], {
    cwd: inRoot(APP),
    stdio: ['ignore', 'pipe', 'inherit'],
    // A group of its own: Ctrl-C comes to us alone, and we pass it on once.
    detached: process.platform !== 'win32',
  })
  createInterface({ input: server.stdout }).on('line', (line) => {
    const url = /^listening on (http\S+)/.exec(line)?.[1]
    process.stdout.write(url ? `Ready: ${url}\n` : `${line}\n`)
  })
  process.once('exit', () => server.kill())
  server.once('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)))

  let asked = 0
  /** @param {NodeJS.Signals} signal */
  const stop = (signal) => {
    // npm may pass the same Ctrl-C on a second time; later than that it is a person who has lost patience.
    const first = asked === 0
    if (!first && Date.now() - asked < 1_000) return
    asked = Date.now()
    server.kill(first ? signal : 'SIGKILL')
  }
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => stop(signal))

  // npm passes a signal on to the shell that it runs us in, and the shell ends without a word to us.
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    stop('SIGTERM')
  }, 500)
  if (!process.env.npm_lifecycle_event) clearInterval(watch)
}
