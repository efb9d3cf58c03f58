/** A file of actions that nobody imports is no endpoint. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { type Modules, Reach } from '../../npm/plugin/reach.ts'

/** `{ a: ['b'] }`: a imports b. Names in capitals are entries; the table is `table`. */
function graph(edges: Record<string, string[]>): Modules {
  const ids = new Set([...Object.keys(edges), ...Object.values(edges).flat()])
  return {
    getModuleIds: () => ids.values(),
    getModuleInfo: (id) => ({ isEntry: /^[A-Z]/.test(id), importedIds: edges[id] ?? [], dynamicallyImportedIds: [] }),
  }
}

test('the table itself reaches nothing', () => {
  const reach = new Reach('table')
  reach.server(graph({ Entry: ['page', 'table'], page: ['used'], table: ['used', 'dead'] }))
  assert.ok(reach.has('used'))
  assert.ok(!reach.has('dead'))
})

test('an action that only the browser refers to is reached, with what it imports on the server', () => {
  const reach = new Reach('table')
  reach.server(graph({ Entry: ['table'], table: ['action', 'returned', 'dead'], action: ['returned'] }))
  reach.other(graph({ Html: ['component'], component: ['action'] }))
  assert.ok(reach.has('action'))
  assert.ok(reach.has('returned'))
  assert.ok(!reach.has('dead'))
})
