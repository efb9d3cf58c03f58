/** What a browser gets of a file of actions: references, and nothing else. */

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { type App, app } from './build.ts'

const ACTIONS = `'use server'
// zebraComment of the server
import { zebraImport } from './zebra-module'

const zebraToken = 'zebraToken-' + zebraImport

export async function used(zebraParameter: string) {
  const zebraLocal = zebraToken + zebraParameter
  return zebraLocal
}

export async function unused() {
  return 'zebraUnused'
}

export default async function () {}
`

const start = (): App =>
  app('client', {
    'client.ts': `import { used } from './actions.ts'\nexport const call = () => used('x')`,
    'actions.ts': ACTIONS,
    'zebra-module.ts': `export const zebraImport = 'zebraSecret'`,
    'server.ts': `export { default } from 'virtual:errand/actions'`,
  })

test('no word of the file reaches the client, in code or map [D19, D21]', async () => {
  const it = start()
  await it.client(undefined, { sourcemap: true })
  const folder = join(it.folder, 'dist/client')
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const text = files.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8')).join('\n')
  assert.ok(files.some(({ name }) => name.endsWith('.map')))
  assert.equal(/.{0,30}zebra.{0,30}/.exec(text)?.[0], undefined)
})

test('a reference that nothing imports is shaken off [D11]', async () => {
  const it = start()
  const code = await it.client()
  await it.server()
  const ids = Object.fromEntries(Object.entries(it.manifest().actions).map(([id, { export: name }]) => [name, id]))
  assert.ok(code.includes(ids['used']!))
  for (const name of ['unused', 'default']) assert.ok(!code.includes(ids[name]!), `${name} is in the client`)
})
