/** The table of actions and the manifest that a build writes. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { app } from './build.ts'

test('a misspelled directive stops the build', async () => {
  for (const directive of ['use sever', 'use-server', 'use action']) {
    const it = app('misspelled', { 'client.ts': `export * from './actions.ts'`, 'actions.ts': `'${directive}'\nexport async function save() {}` })
    await assert.rejects(it.client(), /errand::misspelled-directive/, directive)
  }
})

test('two files whose actions would have one id stop the build, and both are named', async () => {
  const file = `'use server'\nexport async function save() {}`
  // Ids depend on the path without what follows a "#".
  const it = app('collision', { 'server.ts': `export { default } from 'virtual:errand/actions'`, 'a#1.ts': file, 'a#2.ts': file })
  await assert.rejects(it.server(), /errand::id-collision|two actions have the id [0-9a-f]{32}: save in .*a#1\.ts and save in .*a#2\.ts/)
})

test('the manifest says all that is known about an action [D1]', async () => {
  const it = app('manifest', {
    'server.ts': `export { default } from 'virtual:errand/actions'`,
    'actions.ts': `'use server'\nexport async function save(id: string, ...rest: string[]) {}`,
    'page.tsx': `export function Page({ id }: { id: string }) {\n  async function like() {\n    'use server'\n    return id\n  }\n  return like\n}`,
  })
  await it.server()
  const actions = Object.entries(it.manifest().actions)
  assert.ok(actions.every(([id]) => /^[0-9a-f]{32}$/.test(id)))
  assert.deepEqual(actions.map(([, action]) => action), [
    { file: 'actions.ts', export: 'save', name: 'save', kind: 'module', line: 2, column: 23, params: 1, rest: true, captures: [] },
    { file: 'page.tsx', export: '$$errand_action_0', name: 'like', kind: 'inline', line: 2, column: 18, params: 0, rest: false, captures: ['id'] },
  ])
})
