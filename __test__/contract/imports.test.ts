/** Which folder of `npm/` may use which. A new arrow is a decision: change `ARCHITECTURE.md` and this table. */

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const NPM = fileURLToPath(new URL('../../npm', import.meta.url))

const MAY_USE: Record<string, string[]> = {
  native: [],
  values: [],
  client: ['values'],
  request: ['server'],
  server: ['native', 'request', 'values', 'client'],
  plugin: ['native'],
  rsc: [],
  cli: [],
  next: ['native', 'server'],
  testing: ['client'],
}

/** Rooms that run in a browser too: nothing of Node. */
const ANYWHERE = ['client', 'values']

interface Import {
  file: string
  room: string
  from: string
}

function imports(): Import[] {
  const files = readdirSync(NPM, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name))
  return files.flatMap((file) => {
    const text = readFileSync(join(NPM, file), 'utf8')
    const room = file.includes(sep) ? (file.split(sep)[0] ?? '') : ''
    const found = text.matchAll(/^(?:import|export)\b[^'"]*?\bfrom '([^']+)'|\bimport\(\s*'([^']+)'|^import '([^']+)'/gm)
    return [...found].map(([, a, b, c]) => ({ file, room, from: a ?? b ?? c ?? '' }))
  })
}

test('rooms use only the rooms they may', () => {
  for (const { file, room, from } of imports()) {
    if (room === '' || !from.startsWith('.')) continue
    const target = relative(NPM, join(NPM, file, '..', from)).split(sep)[0] ?? ''
    if (target === room || target === '..') continue // its own, or the contract in index.d.ts
    assert.ok(MAY_USE[room]?.includes(target), `npm/${file} must not use npm/${target}`)
  }
})

test('what runs in a browser uses nothing of Node and no package', () => {
  for (const { file, room, from } of imports()) {
    if (ANYWHERE.includes(room)) assert.ok(from.startsWith('.'), `npm/${file} must not use ${from}`)
  }
})

test('every room is in the table', () => {
  const rooms = new Set(imports().map(({ room }) => room))
  rooms.delete('')
  assert.deepEqual([...rooms].sort(), Object.keys(MAY_USE).sort())
})
