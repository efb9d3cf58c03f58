/** A file of actions that exports from other modules: the bundler knows what these export. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { app } from './build.ts'

const FILES = {
  'client.ts': `export { create, destroy, tag, tags } from './actions/index.ts'`,
  'server.ts': `export { default as table } from 'virtual:errand/actions'\nexport * as actions from './actions/index.ts'`,
  'actions/index.ts': `'use server'\nexport { create, remove as destroy, type Post } from './posts'\nexport * from './tags'`,
  'actions/posts.ts': `export interface Post { id: string }
    export async function create(title: string) { return 'created ' + title }
    export async function remove(id: string) { return 'removed ' + id }`,
  'actions/tags.ts': `export * from './deep/tags'\nexport async function tag(name: string) { return 'SECRET ' + name }\nexport default 1`,
  'actions/deep/tags.ts': `export async function tags() { return ['SECRET'] }`,
}

type Table = Record<string, () => Promise<(...args: unknown[]) => unknown>>

test('each name becomes a reference in the browser and an action on the server', async () => {
  const it = app('re-exports', FILES)
  const code = await it.client()
  assert.ok(!code.includes('SECRET'))
  const { table } = (await it.server()) as { table: Table }
  const { actions } = it.manifest()
  const byName = new Map(Object.entries(actions).map(([id, { export: name }]) => [name, id]))
  assert.deepEqual([...byName.keys()].sort(), ['create', 'destroy', 'tag', 'tags'])
  for (const [name, id] of byName) assert.ok(code.includes(id), `${name} is in the client`)
  const create = await table[byName.get('create')!]!()
  const tags = await table[byName.get('tags')!]!()
  assert.equal(await create('x'), 'created x')
  assert.deepEqual(await tags(), ['SECRET'])
  assert.equal(Object.keys(table).length, 4)
})

test('a module that cannot be read is a diagnostic that says so', async () => {
  const it = app('re-exports-unknown', {
    'client.ts': `export * from './actions.ts'`,
    'actions.ts': `'use server'\nexport * from 'virtual:nothing'`,
  })
  await assert.rejects(it.client(), /errand::re-export: the exports of `virtual:nothing` aren't known here/)
})

test('what is exported from elsewhere and is no function fails when the module loads, by name, file and line', async () => {
  const it = app('re-exports-value', {
    'server.ts': `export * from './actions.ts'`,
    'actions.ts': `'use server'\n\nexport { limit } from './limit'`,
    'limit.ts': `export const limit = 5`,
  })
  await assert.rejects(it.server(), {
    code: 'errand::not-a-function',
    message: /'limit' is of type number \(actions\.ts:3:10\)/,
  })
})

test('a name that is added to the other module is an action of the development server at once', async () => {
  const it = app('re-exports-dev', FILES)
  const server = await it.serve()
  try {
    const names = async (): Promise<string[]> => {
      const { default: table } = await server.ssrLoadModule('virtual:errand/actions')
      const functions = await Promise.all(Object.values(table as Table).map((load) => load()))
      return functions.map(({ name }) => name).sort()
    }
    const stub = async (): Promise<string> => (await server.environments.client.transformRequest('/actions/index.ts'))?.code ?? ''
    assert.deepEqual(await names(), ['create', 'remove', 'tag', 'tags'])
    assert.match(await stub(), /const tags =/)
    it.write({ 'actions/deep/tags.ts': `export async function tags() {}\nexport async function rename() {}` })
    const end = Date.now() + 10_000
    while (!(await names()).includes('rename') || !(await stub()).includes('rename')) {
      assert.ok(Date.now() < end, `it never came: ${await names()}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  } finally {
    await server.close()
  }
})
