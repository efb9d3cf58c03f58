/** Every action of the source tree: found by reading it, kept in step with it while it changes. */

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { relative } from 'node:path'

import { glob } from 'tinyglobby'

import type { ActionInfo } from '../../index.d.ts'
import { native } from '../native/index.ts'
import { compile, optionsOf, type Resolve } from './compile.ts'
import { isSource, type Settings } from './options.ts'

/** Folders that are never source, wherever they are. */
const IGNORED = ['**/node_modules/**', '**/dist/**', '**/.*/**']

export class ActionTable {
  readonly #settings: Settings
  readonly #actions = new Map<string, ActionInfo[]>()
  /** Files that export from other modules, and from which. */
  readonly #exportsFrom = new Map<string, string[]>()
  /** Files that only client code refers to, once that is known. */
  #isClientOnly: ((file: string) => boolean) | undefined

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

  /** Reads those files again that export from other modules, now that the bundler can say where these are. */
  async settle(resolve: Resolve): Promise<void> {
    const files = [...this.#exportsFrom.keys()]
    await Promise.all(files.map(async (file) => this.#read(file, await readFile(file), resolve)))
  }

  /** Reads one file anew, and those that export from it; one that is gone has no actions. */
  async refresh(file: string, resolve: Resolve): Promise<void> {
    const dependents = [...this.#exportsFrom].filter(([, from]) => from.includes(posix(file))).map(([dependent]) => dependent)
    for (const each of [file, ...dependents]) {
      if (!isSource(this.#settings, each)) continue
      const bytes = await readFile(each).catch(() => null) // deleted, or about to be replaced
      if (bytes) await this.#read(each, bytes, resolve)
      else this.#actions.delete(posix(each))
    }
  }

  /** Forgets the files that nobody reaches. */
  prune(isReached: (file: string) => boolean): void {
    for (const file of [...this.#actions.keys()]) if (!isReached(file)) this.#actions.delete(file)
  }

  /** Says of which files no server code knows. */
  mark(isClientOnly: (file: string) => boolean): void {
    this.#isClientOnly = isClientOnly
  }

  /**
   * The module `errand/actions`: id → lazy loader.
   *
   * In development it accepts its own updates, so that an edit reloads the files that it touches and not the whole
   * server with its connections and stores.
   */
  toModule(mode: Settings['mode']): string {
    const entries = this.#entries().map(
      ([id, { file, action }]) => {
        const load = `() => import(${JSON.stringify(file)}).then((m) => m[${JSON.stringify(action.exportName)}])`
        const { policy } = action
        return `  ${JSON.stringify(id)}: ${policy ? `Object.assign(${load}, ${JSON.stringify({ policy })})` : load},\n`
      },
    )
    const hot = mode === 'development' ? '\nif (import.meta.hot) import.meta.hot.accept()\n' : ''
    return `export default {\n${entries.join('')}}\n${hot}`
  }

  /** The manifest as JSON text, for a file that lies in `folder`. */
  toManifest(folder: string): string {
    const { root } = this.#settings
    const actions = Object.fromEntries(
      this.#entries().map(([id, { file, action }]) => {
        const { exportName, name, kind, line, column, params, rest, captures, policy } = action
        const clientOnly = this.#isClientOnly?.(file)
        return [
          id,
          {
            file: posix(relative(root, file)),
            export: exportName,
            ...{ name, kind, line, column, params, rest, captures },
            ...(policy === undefined ? {} : { policy }),
            ...(clientOnly === undefined ? {} : { clientOnly }),
          },
        ]
      }),
    )
    const build = createHash('sha256').update(JSON.stringify(actions)).digest('hex').slice(0, 12)
    const manifest = { version: 1, root: posix(relative(folder, root)) || '.', build, actions }
    return `${JSON.stringify(manifest, null, 2)}\n`
  }

  async #read(file: string, bytes: Uint8Array, resolve: Resolve = async () => null): Promise<void> {
    const path = posix(file)
    this.#actions.delete(path)
    this.#exportsFrom.delete(path)
    if (!native.scan(bytes)) return
    const options = optionsOf(this.#settings, file, { target: 'server' })
    const { actions, exportsFrom, dependencies } = await compile(new TextDecoder().decode(bytes), options, resolve)
    if (exportsFrom.length > 0) this.#exportsFrom.set(path, dependencies.map(posix))
    if (actions.length > 0) this.#actions.set(path, actions)
  }

  /** In an order that does not depend on how the files were found: builds must be reproducible. */
  #entries(): [id: string, entry: Entry][] {
    const entries = new Map<string, Entry>()
    for (const [file, actions] of [...this.#actions].sort(([a], [b]) => (a < b ? -1 : 1))) {
      for (const action of actions) {
        const other = entries.get(action.id)
        if (other) throw collision(other, { file, action })
        entries.set(action.id, { file, action })
      }
    }
    return [...entries]
  }
}

interface Entry {
  file: string
  action: ActionInfo
}

/** Two of 2^128 ids are equal only by what they were made of: the file under the root, and the name. */
function collision(one: Entry, other: Entry): Error {
  const [a, b] = [one, other].map(({ file, action }) => `${action.exportName} in ${file}`)
  const message = `two actions have the id ${one.action.id}: ${a} and ${b}. Give one another name.`
  return Object.assign(new Error(message), { code: 'errand::id-collision' })
}

function posix(path: string): string {
  return path.replaceAll('\\', '/')
}
