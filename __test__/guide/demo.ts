/** The demo app, built once and served with a database of its own. */

import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { start } from '../support/server.ts'
import { tempFolder } from '../support/temp.ts'

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url))
const EXAMPLE = join(REPOSITORY, 'examples/posts')
const VITE = join(REPOSITORY, 'node_modules/vite/bin/vite.js')
const ERRAND = join(REPOSITORY, 'dist/cli/index.js')

export interface Running {
  url: string
  /** What the server wrote so far. */
  log(): string
  stop(): Promise<void>
}

export interface Demo extends Running {
  /** Where its files are. */
  folder: string
}

/** `vite build`, then `errand start`. */
export async function startDemo(): Promise<Demo> {
  return inCopy(async (folder) => {
    await promisify(execFile)(process.execPath, [VITE, 'build', '--logLevel', 'warn'], { cwd: folder })
    return serve(['start'], ERRAND, folder, { PORT: '0', HOST: '127.0.0.1' })
  })
}

/** What `errand actions` says about the build in `folder`. */
export async function listActions(folder: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [ERRAND, 'actions'], { cwd: folder })
  return stdout
}

/** `vite`. */
export async function startDev(): Promise<Demo> {
  return inCopy((folder) => serve(['--port', '0', '--host', '127.0.0.1'], VITE, folder, { NO_COLOR: '1' }))
}

/** The demo in a folder of its own: tests may build and edit it while others do. */
async function inCopy(run: (folder: string) => Promise<Running>): Promise<Demo> {
  // Inside of the repository: there `errand` and the other packages can be found.
  mkdirSync(join(REPOSITORY, 'target'), { recursive: true })
  const folder = mkdtempSync(join(REPOSITORY, 'target/posts-'))
  const remove = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  for (const name of ['app', 'public', 'vite.config.ts', 'tsconfig.json', 'package.json']) {
    cpSync(join(EXAMPLE, name), join(folder, name), { recursive: true })
  }
  try {
    const running = await run(folder)
    return {
      ...running,
      folder,
      async stop() {
        await running.stop()
        remove()
      },
    }
  } catch (error) {
    remove()
    throw error
  }
}

async function serve(args: string[], script: string, cwd: string, env: Record<string, string>): Promise<Running> {
  const data = tempFolder('posts')
  const server = await start({
    command: ['node', script, ...args],
    cwd,
    env: { ...env, POSTS_DB: join(data.path, 'posts.db'), ERRAND_SECRET: 'a secret for tests only' },
    ready: /http:\/\/127\.0\.0\.1:\d+/,
  })
  return {
    url: server.line![0], // it was asked for
    log: server.output,
    async stop() {
      await server.stop()
      data.remove()
    },
  }
}
