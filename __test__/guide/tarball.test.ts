/** The demo as an app of its own, far from the repository: `npm install errand-….tgz`, build, start. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { start } from '../support/server.ts'

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url))
const EXAMPLE = join(REPOSITORY, 'examples/posts')

const npm = (args: string[], cwd: string): Promise<{ stdout: string }> =>
  promisify(execFile)('npm', args, { cwd, shell: process.platform === 'win32' })

/** The versions that this repository was tested with. */
function versionsOf(...names: string[]): Record<string, string> {
  const version = (name: string): string => {
    const file = join(REPOSITORY, 'node_modules', name, 'package.json')
    return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
  }
  return Object.fromEntries(names.map((name) => [name, version(name)]))
}

test('an app outside of the repository works with the packed tarball', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'errand-tarball-'))
  context.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }))
  const { stdout } = await npm(['pack', '--silent', '--pack-destination', folder], REPOSITORY)
  for (const name of ['app', 'public', 'vite.config.ts', 'tsconfig.json']) {
    cpSync(join(EXAMPLE, name), join(folder, name), { recursive: true })
  }
  const dependencies = {
    ...versionsOf('vite', '@vitejs/plugin-rsc', '@vitejs/plugin-react', 'react', 'react-dom', 'libsql'),
    errand: `file:${stdout.trim()}`,
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'far-away', private: true, type: 'module', dependencies }))
  await npm(['install', '--no-audit', '--no-fund', '--prefer-offline'], folder)

  await npm(['exec', '--', 'vite', 'build', '--logLevel', 'warn'], folder)
  const bin = join(folder, 'node_modules/errand/dist/cli/index.js')
  const env = { PORT: '0', HOST: '127.0.0.1' }
  const server = await start({ command: ['node', bin, 'start'], cwd: folder, env, ready: /http:\/\/\S+/ })
  context.after(() => server.stop())
  const url = server.line![0]

  const page = await (await fetch(`${url}/posts/new`)).text()
  const hidden = /name="(\$ACTION_ID_[0-9a-f]{32})"/.exec(page)
  assert.ok(hidden, 'the form works without JavaScript')
  const form = new FormData()
  form.append(hidden[1]!, '')
  form.append('title', 'From far away')
  form.append('content', 'With a tarball')
  const posted = await fetch(`${url}/posts/new`, { method: 'POST', body: form, redirect: 'manual' })
  assert.deepEqual([posted.status, posted.headers.get('location')], [303, '/posts'])
  assert.match(await (await fetch(`${url}/posts`)).text(), /From far away/)
})
