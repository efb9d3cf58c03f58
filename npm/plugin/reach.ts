/**
 * Which files an app reaches. The action table imports every file that holds actions, so it says nothing about that:
 * a file that only the table imports is dead code, and would be an endpoint that nobody knows of.
 */

interface ModuleInfo {
  importedIds: readonly string[]
  dynamicallyImportedIds: readonly string[]
}

/** What a bundler knows of its modules once all are loaded. */
export interface Modules {
  getModuleIds(): IterableIterator<string>
  getModuleInfo(id: string): (ModuleInfo & { isEntry: boolean }) | null
}

export class Reach {
  readonly #table: string
  #server = new Map<string, readonly string[]>()
  #onServer = new Set<string>()
  #reached = new Set<string>()

  /** `table`: the module whose imports don't count. */
  constructor(table: string) {
    this.#table = table
  }

  /** Notes the graph that holds the actions. It comes first. */
  server(modules: Modules): void {
    this.#server = edgesOf(modules)
    this.#onServer = this.#walk(entriesOf(modules), this.#server)
    this.#reached = new Set(this.#onServer)
  }

  /** Notes another graph. An action that it refers to runs on the server, with all that it imports there. */
  other(modules: Modules): void {
    const found = this.#walk(entriesOf(modules), edgesOf(modules))
    for (const id of this.#walk(found, this.#server)) this.#reached.add(id)
  }

  has(file: string): boolean {
    return this.#reached.has(file)
  }

  /** Whether the graph that holds the actions reaches it by itself; else only client code refers to it. */
  hasOnServer(file: string): boolean {
    return this.#onServer.has(file)
  }

  #walk(from: Iterable<string>, edges: Map<string, readonly string[]>): Set<string> {
    const found = new Set(from)
    for (const id of found) {
      if (id === this.#table) continue
      for (const next of edges.get(id) ?? []) found.add(next) // a set is walked with what is added on the way
    }
    return found
  }
}

function edgesOf(modules: Modules): Map<string, readonly string[]> {
  const edges = new Map<string, readonly string[]>()
  for (const id of modules.getModuleIds()) {
    const info = modules.getModuleInfo(id)
    if (info) edges.set(id, [...info.importedIds, ...info.dynamicallyImportedIds])
  }
  return edges
}

function entriesOf(modules: Modules): string[] {
  return [...modules.getModuleIds()].filter((id) => modules.getModuleInfo(id)?.isEntry)
}
