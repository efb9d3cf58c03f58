/** A real app of Next's with Errand's handlers: built once for what it is built of, and started as often as asked. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'

import { filesBelow, hashOf } from '../../scripts/support/stamp.mjs'
import { freePort } from '../support/ports.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const NEXT = join(ROOT, '__test__/next/node_modules/next')
const HERE = fileURLToPath(new URL('.', import.meta.url))

/** The folder of the built app. */
export function builtApp(): string {
  const { version } = JSON.parse(readFileSync(join(NEXT, 'package.json'), 'utf8')) as { version: string }
  const files = [...filesBelow('__test__/next-cache/app'), '__test__/next-cache/next.config.mjs', '__test__/next-cache/next-app.ts']
  const folder = join(ROOT, 'target', `next-cache-${version}-${hashOf(files).slice(0, 12)}`)
  if (existsSync(join(folder, '.next/BUILD_ID'))) return folder
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(join(folder, 'node_modules'), { recursive: true })
  cpSync(join(HERE, 'app'), join(folder, 'app'), { recursive: true })
  const config = readFileSync(join(HERE, 'next.config.mjs'), 'utf8')
  const roots = `turbopack: { root: ${JSON.stringify(ROOT)} },\n  outputFileTracingRoot: ${JSON.stringify(ROOT)},`
  writeFileSync(join(folder, 'next.config.mjs'), config.replace('export default {', `export default {\n  ${roots}`))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'errand-test-next-cache', private: true }))
  symlinkSync(NEXT, join(folder, 'node_modules/next'), 'junction')
  execFileSync(process.execPath, [join(NEXT, 'dist/bin/next'), 'build'], { cwd: folder, env: environment({}), stdio: ['ignore', 'pipe', 'inherit'] })
  return folder
}

export interface NextProcess {
  url: string
  /** What it has written. */
  log(): string
  stop(): Promise<void>
}

/** One `next start`. */
export async function startNext(folder: string, env: Record<string, string>): Promise<NextProcess> {
  const port = await freePort()
  const command = [join(NEXT, 'dist/bin/next'), 'start', '--port', String(port), '--hostname', '127.0.0.1']
  const child: ChildProcess = spawn(process.execPath, command, { cwd: folder, env: environment(env), stdio: ['ignore', 'pipe', 'pipe'] })
  let log = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (log += chunk.toString()))
  const url = `http://127.0.0.1:${port}`
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), 5_000)
    await gone
    clearTimeout(timer)
  }
  for (const end = Date.now() + 30_000; !log.includes('Ready'); await sleep(50)) {
    if (child.exitCode !== null || Date.now() > end) {
      await stop()
      throw new Error(`next start did not start\n${log}`)
    }
  }
  return { url, log: () => log, stop }
}

function environment(env: Record<string, string>): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, ...own } = process.env
  return { ...own, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1', ...env }
}
