/**
 * `errand/actions`: id → lazy loader of every action.
 *
 * In a bundle the plugin replaces this module. Without one it reads the manifest that the client's build wrote, from
 * `ERRAND_MANIFEST` or `errand.json` in the working directory, and imports the named files as they are.
 */

import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'

import type { ActionPolicy } from '../../index.d.ts'
import { errandError } from '../request/context.ts'

/** Gives the function, or a promise of it. */
export interface ActionLoader {
  (): unknown
  /** What the compiler read of its `action()`. */
  policy?: ActionPolicy
}

/** Id → its loader. */
export type ActionTable = Record<string, ActionLoader>

/** What a build writes about its actions. */
export interface Manifest {
  version: 1
  /** The project's folder; a relative one starts at the manifest. */
  root: string
  actions: Record<
    string,
    {
      /** Relative to `root`, with `/`. */
      file: string
      export: string
      name: string
      kind: 'module' | 'inline'
      line: number
      column: number
      params: number
      rest: boolean
      captures: string[]
      /** The literal options of its `action()`. */
      policy?: ActionPolicy
      /** Whether only client code refers to its file; known for builds with Server Components. */
      clientOnly?: boolean
    }
  >
}

/**
 * The table of a manifest: its files are imported on their first call.
 *
 * @throws `errand::bad-manifest` when there is none, or it is none.
 */
export function readManifest(path: string): ActionTable {
  const manifest = parse(path)
  const root = resolve(dirname(path), manifest.root)
  const table: ActionTable = Object.create(null) as ActionTable
  for (const [id, action] of Object.entries(manifest.actions)) {
    const load = async (): Promise<unknown> => {
      if (action.kind === 'inline') {
        throw errandError(
          'errand::not-compiled',
          `${action.file} has an inline action, which only a bundled server can run: build the server with the ` +
            'plugin, or move the function to a file with "use server" on top',
        )
      }
      const module = (await import(pathToFileURL(resolve(root, action.file)).href)) as Record<string, unknown>
      return Object.hasOwn(module, action.export) ? module[action.export] : undefined
    }
    table[id] = action.policy ? Object.assign(load, { policy: action.policy }) : load
  }
  return table
}

function parse(path: string): Manifest {
  let manifest: Partial<Manifest>
  try {
    manifest = JSON.parse(readFileSync(path, 'utf8')) as Partial<Manifest>
  } catch (cause) {
    throw Object.assign(
      errandError('errand::bad-manifest', `no manifest could be read from ${path}: build the client first`),
      { cause },
    )
  }
  if (manifest.version !== 1 || typeof manifest.root !== 'string' || typeof manifest.actions !== 'object') {
    throw errandError('errand::bad-manifest', `${path} is not a manifest of this version: build the client again`)
  }
  return manifest as Manifest
}

const own = process.env['ERRAND_MANIFEST'] ?? resolve('errand.json')

const table: ActionTable = existsSync(own) ? readManifest(own) : {}

export default table
