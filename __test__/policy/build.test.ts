/** From a source to a refusal: what the compiler reads goes through a real build into the table and the manifest. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'

import { type ActionTable, createHandler } from 'errand/server'

import { app } from '../plugin/build.ts'
import { serve } from '../server/host.ts'

const files = {
  'server.ts': `export { default } from 'virtual:errand/actions'`,
  'actions.ts': `'use server'
import { action } from 'errand/server'
import { limit } from './limit.ts'
globalThis.loaded = (globalThis.loaded ?? 0) + 1
export const large = action({ limit: '20kb', files: { types: ['text/*'] } }, async (text: string) => text.length)
export const small = action({ limit: 20 }, async (text: string) => text.length)
export const unread = action({ limit }, async (text: string) => text.length)
export const free = action({}, async () => {})`,
  'limit.ts': 'export const limit = 30',
}

const loaded = (): number => (globalThis as { loaded?: number }).loaded ?? 0

test('the table, the manifest and a running server have what the compiler reads', async () => {
  const it = app('policies', files)
  const table = (await it.server())['default'] as ActionTable
  const policies = [{ files: { types: ['text/*'] }, limit: '20kb' }, { limit: 20 }, undefined, undefined]
  assert.deepEqual(Object.values(it.manifest().actions).map(({ policy }) => policy), policies)
  assert.deepEqual(Object.values(table).map(({ policy }) => policy), policies)
  assert.ok(it.warnings.some((text) => text.includes("errand::policy-not-literal: `limit` of this action can't be read")), it.warnings.join())

  const manifest = join(it.folder, 'dist/server/errand.json')
  for (const actions of [table, manifest]) {
    const server = await serve({ actions, limits: { body: 1_000 } })
    const [large, small, unread] = Object.keys(table) as [string, string, string]
    const status = async (id: string, bytes: number): Promise<number> => (await server.call(id, ['x'.repeat(bytes - 4)])).status
    const before = loaded()
    assert.deepEqual([await status(small, 21), await status(large, (20 << 10) + 1)], [413, 413])
    assert.equal(loaded(), before, 'a refused call loads no module')
    // The source is TypeScript, which this Node may not be able to import by itself.
    if (actions === table) {
      assert.deepEqual([await status(small, 20), await status(large, 20 << 10)], [200, 200])
      assert.deepEqual([await status(unread, 30), await status(unread, 31)], [200, 413])
      assert.equal(loaded(), before + 1)
    }
    await server.close()
  }
})

test('a literal that can not be meant is found when the handler is made', async () => {
  const it = app('bad-policy', { ...files, 'actions.ts': files['actions.ts'].replace('limit: 20 ', "limit: '20 megs' ") })
  const table = (await it.server())['default'] as ActionTable
  assert.throws(() => createHandler({ actions: table }), { code: 'errand::bad-option', message: /^limit: "20 megs" is not a size.*of the action [0-9a-f]{32}/ })
})
