/** `examples/express` as its author would run it: built by Vite, served by its own `server.js`. */

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

import { type ServerProcess, start } from '../support/server.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
export const FOLDER = join(ROOT, 'examples', 'express')

/** Where Errand's middleware stands: before or after the body parsers. */
export type Mount = 'before' | 'after'

export interface App extends ServerProcess {
  url: string
  port: number
}

export function build(): void {
  const vite = join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js')
  execFileSync(process.execPath, [vite, 'build', 'client', '--logLevel', 'warn'], { cwd: FOLDER })
}

export async function startApp(mount: Mount): Promise<App> {
  const server = await start({
    command: ['node', 'server.js'],
    cwd: FOLDER,
    env: { PORT: '0', MOUNT: mount, NODE_ENV: 'production' },
    ready: /listening on http:\/\/localhost:(\d+)/,
  })
  const port = Number(server.line?.[1])
  return { ...server, port, url: `http://localhost:${port}` }
}

/** The id of an action, as the manifest that the build wrote has it. */
export function idOf(name: string): string {
  const text = readFileSync(join(FOLDER, 'client', 'errand.json'), 'utf8')
  const { actions } = JSON.parse(text) as { actions: Record<string, { export: string }> }
  const found = Object.entries(actions).find(([, action]) => action.export === name)
  if (!found) throw new Error(`no action ${name} in the manifest`)
  return found[0]
}
