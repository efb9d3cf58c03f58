/** `errand actions`: every function that a stranger may call. */

import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'

import { fail } from './failure.ts'

interface Manifest {
  actions: Record<string, { file: string; name: string; kind: string; line: number; params: number; rest: boolean; captures: string[] }>
}

export function listActions(build: string, manifest: string | undefined): void {
  const places = manifest === undefined ? [join(build, 'rsc'), build, '.'].map((at) => join(at, 'errand.json')) : [manifest]
  const file = places.map((place) => resolve(place)).find(existsSync)
  if (file === undefined) fail(`no manifest in ${places.join(', ')}`, 'build the app first, or give --manifest')
  const { actions } = JSON.parse(readFileSync(file, 'utf8')) as Manifest
  const rows = Object.entries(actions).map(([id, { file, name, kind, line, params, rest, captures }]) => [
    name,
    `${file}:${line}`,
    kind,
    `${params}${rest ? '+' : ''}`,
    captures.join(', ') || '-',
    id,
  ])
  process.stdout.write(`${table([['name', 'file', 'kind', 'arguments', 'captures', 'id'], ...rows])}\n`)
  process.stdout.write(`\n${rows.length} ${rows.length === 1 ? 'endpoint' : 'endpoints'}\n`)
}

function table(rows: string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd()).join('\n')
}
