/** The store behind both of Next's handlers: one per process, as the environment says. */

import { join } from 'node:path'
import process from 'node:process'

import type { CacheOptions } from '../../index.d.ts'
import type { CacheHit, LifeSettings, NativeCache } from '../native/index.ts'
import { Cache } from '../server/cache.ts'
import { firstOf, written } from '../server/cached-value.ts'
import { cacheFolder } from '../server/folder.ts'

const KEY = Symbol.for('errand.next')
const globals = globalThis as { [KEY]?: NextStore }

/** Next loads a handler several times: into build workers, and into each of its bundles. */
export function nextStore(): NextStore {
  return (globals[KEY] ??= new NextStore(new Cache(settingsOf(process.env)).store))
}

/** `ERRAND_CACHE_URL` is Redis; else a folder, `ERRAND_CACHE_PATH` or one below `node_modules/.cache`. */
export function settingsOf(env: Record<string, string | undefined>): CacheOptions {
  const maxBytes = env['ERRAND_CACHE_MAX_BYTES'] || undefined
  const size = maxBytes === undefined ? {} : { maxBytes }
  const url = env['ERRAND_CACHE_URL'] || undefined
  if (url !== undefined) {
    const prefix = env['ERRAND_CACHE_PREFIX'] || 'errand-next'
    return { store: 'redis', url: url.includes(',') ? url.split(',') : url, prefix, ...size }
  }
  return { store: 'disk', path: env['ERRAND_CACHE_PATH'] || join(cacheFolder(), 'next'), ...size }
}

/** An entry that is there. */
export interface NextHit extends Omit<CacheHit, 'value'> {
  /** Its first bytes: all, unless there are many. */
  first: Uint8Array
  /** To go on with. */
  stored: CacheHit['value']
}

/** What Next computed. */
interface Computed {
  bytes: Uint8Array | AsyncIterable<Uint8Array>
  tags: string[]
  life: LifeSettings
}

/** As many keys as may be computed at a time; what is never finished would fill the memory. */
const MOST_RUNNING = 10_000

/**
 * Entries as Next wants them: it decides itself what is too old, the store what was invalidated.
 *
 * Next computes between `get` and `set` without saying when it begins. So a fill begins when a `get` finds nothing that Next
 * will go on with: what is invalidated from then on isn't stored, and of several processes one stores.
 */
export class NextStore {
  readonly #native: NativeCache
  /** Fills that began, by key; 0: somebody else has it. */
  readonly #running: Map<string, number> = new Map()
  /** Values on their way into the store. */
  readonly #storing: Map<string, Promise<void>> = new Map()
  readonly #told: Set<string> = new Set()
  /** Until the store can be asked, or is known to be away. */
  #starting: Promise<unknown> | undefined

  constructor(native: NativeCache) {
    this.#native = native
    const ready = Promise.resolve(native.ready()).catch((error: unknown) => this.#tell('read', error))
    this.#starting = ready.finally(() => (this.#starting = undefined))
  }

  /** What is under `key` and was not invalidated, by marks of the tags `also` either. `isDue`: Next will compute it anew. */
  async get(key: string, also: string[], isDue: (hit: NextHit) => boolean): Promise<NextHit | null> {
    await (this.#starting ?? this.#storing.get(key))
    try {
      const tags = also.map(tagOf)
      const found = await this.#native.read(key, tags)
      const hit = found && { ...found, stored: found.value, first: firstOf(found.value) }
      if (!hit || hit.stale || isDue(hit)) await this.#begin(key, tags)
      return hit
    } catch (error) {
      this.#tell('read', error)
      return null
    }
  }

  /** Stores what `value` gives; whoever asks for it meanwhile waits. What fails is not stored. */
  async set(key: string, value: () => Promise<Computed>): Promise<void> {
    const storing = this.#set(key, value)
    this.#storing.set(key, storing)
    await storing
    if (this.#storing.get(key) === storing) this.#storing.delete(key)
  }

  /** Invalidates at once, or with `durations` softly: stale now, gone after `expire` seconds. */
  async invalidate(tags: string[], durations?: { expire?: number | undefined }): Promise<void> {
    if (tags.length > 0) await this.#native.mark(tags.map(tagOf), durations && { expire: durations.expire })
  }

  async #set(key: string, value: () => Promise<Computed>): Promise<void> {
    let fill = 0
    try {
      fill = this.#running.get(key) ?? (await this.#native.begin(key, []))
      this.#running.delete(key)
      const { bytes, tags, life } = await value()
      const isWhole = bytes instanceof Uint8Array
      if (!isWhole && !(await written(this.#native, fill, bytes))) {
        if (fill > 0) await this.#native.abandon(fill)
      } else if (fill > 0) {
        await this.#native.finish(fill, isWhole ? bytes : null, tags.map(tagOf), life)
      }
    } catch (error) {
      if (fill > 0) await Promise.resolve(this.#native.abandon(fill)).catch(() => {})
      this.#tell('write', error)
    }
  }

  async #begin(key: string, tags: string[]): Promise<void> {
    if (this.#running.has(key)) return // by another request of this process, which came first
    this.#running.set(key, 0)
    this.#running.set(key, await this.#native.begin(key, tags))
    if (this.#running.size <= MOST_RUNNING) return
    const [oldest] = this.#running
    if (!oldest) return
    this.#running.delete(oldest[0])
    if (oldest[1] > 0) await this.#native.abandon(oldest[1])
  }

  /** Once per kind: a store that is away fails each request alike. */
  #tell(what: string, error: unknown): void {
    const kind = `${what} ${(error as { code?: string }).code ?? ''}`
    if (this.#told.has(kind)) return
    this.#told.add(kind)
    console.error(`errand: an entry of Next's cache could not be ${what === 'read' ? 'read' : 'stored'}; pages are rendered without it\n`, error)
  }
}

/** Next's tags have a room of their own. */
function tagOf(tag: string): string {
  return `n:${tag}`
}
