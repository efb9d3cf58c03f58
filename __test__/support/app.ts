/** An app with Server Components, built and served as its user would. */

import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { start } from './server.ts'

export const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url))
export const VITE = join(REPOSITORY, 'node_modules/vite/bin/vite.js')
export const ERRAND = join(REPOSITORY, 'dist/cli/index.js')

/** A copy of `files` in `folder`, inside of the repository: there `errand` and the other packages can be found. */
export function copyOf(folder: string, name: string, files: string[]): { folder: string; remove(): void } {
  mkdirSync(join(REPOSITORY, 'target'), { recursive: true })
  const copy = mkdtempSync(join(REPOSITORY, `target/${name}-`))
  for (const file of files) cpSync(join(folder, file), join(copy, file), { recursive: true })
  return { folder: copy, remove: () => rmSync(copy, { recursive: true, force: true, maxRetries: 3 }) }
}

/** `vite build` in `folder`. */
export async function build(folder: string): Promise<void> {
  await promisify(execFile)(process.execPath, [VITE, 'build', '--logLevel', 'warn'], { cwd: folder })
}

export interface Served {
  url: string
  /** What the server wrote so far. */
  log(): string
  stop(): Promise<void>
}

/** `errand start` in `folder`, or another command, which says its address when it is up. */
export async function serveApp(folder: string, env: Record<string, string> = {}, command: string[] = [ERRAND, 'start']): Promise<Served> {
  const server = await start({
    command: ['node', ...command],
    cwd: folder,
    env: { PORT: '0', HOST: '127.0.0.1', ERRAND_SECRET: 'a-secret-for-tests-only', ...env },
    ready: /http:\/\/127\.0\.0\.1:\d+/,
  })
  return { url: server.line![0], log: server.output, stop: server.stop } // the line was asked for
}
