/** Every action of the source tree: found by reading it, kept in step with it while it changes. */

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { relative } from 'node:path'

import { glob } from 'tinyglobby'

import type { ActionInfo } from '../../index.d.ts'
import { transformSync } from '../native/compile.ts'
import { native } from '../native/index.ts'
import { isSource, type Settings } from './options.ts'

/** Folders that are never source, wherever they are. */
const IGNORED = ['**/node_modules/**', '**/dist/**', '**/.*/**']

export class ActionTable {
  readonly #settings: Settings
  readonly #actions = new Map<string, ActionInfo[]>()

  constructor(settings: Settings) {
    this.#settings = settings
  }

  /** Reads the whole tree anew. Costs a byte search per file, and a parse for those that hold the directive. */
  async scan(ignoredFolders: string[] = []): Promise<void> {
    const { root } = this.#settings
    const ignore = [...IGNORED, ...ignoredFolders.map((folder) => `${posix(relative(root, folder))}/**`)]
    const files = await glob('**/*.{js,jsx,ts,tsx,mjs,cjs,mts,cts}', { cwd: root, absolute: true, ignore })
    this.#actions.clear()
    await Promise.all(
      files.filter((file) => isSource(this.#settings, file)).map(async (file) => this.#read(file, await readFile(file))),
    )
  }

  /** Reads one file anew; one that is gone has no actions. */
  refresh(file: string): void {
    if (!isSource(this.#settings, file)) return
    let bytes: Uint8Array | undefined
    try {
      bytes = readFileSync(file)
    } catch {
      // Deleted, or about to be replaced.
    }
    if (bytes) this.#read(file, bytes)
    else this.#actions.delete(posix(file))
  }

  /** Forgets the files that nobody reaches. */
  prune(isReached: (file: string) => boolean): void {
    for (const file of [...this.#actions.keys()]) if (!isReached(file)) this.#actions.delete(file)
  }

  /**
   * The module `errand/actions`: id → lazy loader.
   *
   * In development it accepts its own updates, so that an edit reloads the files that it touches and not the whole
   * server with its connections and stores.
   */
  toModule(mode: Settings['mode']): string {
    const entries = this.#entries().map(
      ([id, { file, action }]) =>
        `  ${JSON.stringify(id)}: () => import(${JSON.stringify(file)}).then((m) => m[${JSON.stringify(action.exportName)}]),\n`,
    )
    const hot = mode === 'development' ? '\nif (import.meta.hot) import.meta.hot.accept()\n' : ''
    return `export default {\n${entries.join('')}}\n${hot}`
  }

  /** The manifest as JSON text, for a file that lies in `folder`. */
  toManifest(folder: string): string {
    const { root } = this.#settings
    const actions = Object.fromEntries(
      this.#entries().map(([id, { file, action }]) => {
        const { exportName, name, kind, line, column, params, rest, captures } = action
        return [
          id,
          { file: posix(relative(root, file)), export: exportName, name, kind, line, column, params, rest, captures },
        ]
      }),
    )
    const build = createHash('sha256').update(JSON.stringify(actions)).digest('hex').slice(0, 12)
    const manifest = { version: 1, root: posix(relative(folder, root)) || '.', build, actions }
    return `${JSON.stringify(manifest, null, 2)}\n`
  }

  #read(file: string, bytes: Uint8Array): void {
    const { root, salt, mode } = this.#settings
    const actions = native.scan(bytes)
      ? transformSync(new TextDecoder().decode(bytes), {
          filename: file,
          root,
          target: 'server',
          mode,
          ...(salt === undefined ? {} : { salt }),
        }).actions
      : []
    if (actions.length > 0) this.#actions.set(posix(file), actions)
    else this.#actions.delete(posix(file))
  }

  /** In an order that does not depend on how the files were found: builds must be reproducible. */
  #entries(): [id: string, { file: string; action: ActionInfo }][] {
    return [...this.#actions]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([file, actions]) => actions.map((action) => [action.id, { file, action }] as [string, { file: string; action: ActionInfo }]))
  }
}

function posix(path: string): string {
  return path.replaceAll('\\', '/')
}
