/** The cache as JavaScript sees it: values instead of bytes, and one run for many waiters. */

import type { CachedOptions, CacheOptions, CacheStats, EntryOptions } from '../../index.d.ts'
import { native, type CacheHit, type NativeCache } from '../native/index.ts'
import { currentContext, errandError, newContext, runInContext, noting } from '../request/context.ts'
import { lower, revive } from '../values/index.ts'

export type { CachedOptions, CacheOptions, CacheStats, EntryOptions }

/** What a fill yields: bytes to store, or nothing worth storing. */
export interface Filled<T> {
  value: T
  bytes: Uint8Array | null
  tags: string[]
}

/** Tagged entries of any values that a call can carry. */
export class Cache {
  readonly #native: NativeCache
  readonly #running: Map<number, Promise<unknown>> = new Map()
  #functions = 0

  constructor(options: CacheOptions = {}) {
    if (options.store !== undefined && options.store !== 'memory') {
      throw errandError('errand::bad-option', `cache.store: '${String(options.store)}' does not exist yet; use 'memory'`)
    }
    this.#native = new native.Cache(
      options.maxBytes === undefined ? {} : { maxBytes: String(options.maxBytes) },
    )
  }

  /** The value under `key`, or `undefined`. A stale value counts as a value. */
  async get(key: string): Promise<unknown> {
    const hit = this.#native.read(valueKey(key))
    return hit ? fromBytes(hit.value) : undefined
  }

  /** Stores `value` under `key`. */
  async set(key: string, value: unknown, options: EntryOptions = {}): Promise<void> {
    const bytes = toBytes(value)
    // A fill of our own: an explicit value replaces whatever somebody else computes.
    const fill = this.#native.begin(valueKey(key))
    if (fill < 0) {
      await this.#running.get(-fill)?.catch(() => {})
      return this.set(key, value, options)
    }
    this.#native.finish(fill, bytes, this.#native.userTags(options.tags ?? []), options.revalidate, options.expire)
  }

  /** Drops one entry; says whether there was one. */
  async delete(key: string): Promise<boolean> {
    return this.#native.delete(valueKey(key))
  }

  /** See `cached` in `errand/cache`. */
  wrap<Args extends unknown[], Result>(
    fn: (...args: Args) => Result | Promise<Result>,
    options: CachedOptions<Args> = {},
  ): (...args: Args) => Promise<Result> {
    const name = options.key === undefined ? `#${(this.#functions += 1)}` : `=${options.key}`
    return async (...args) => {
      const { text, program } = lowerPlain(args, 'arguments')
      const own = typeof options.tags === 'function' ? options.tags(...args) : (options.tags ?? [])
      const run = async (): Promise<Filled<Result>> => {
        const { result, dependencies } = await this.#runFill(fn, args)
        const tags = [...new Set([...this.#native.userTags(own), ...dependencies])]
        return { value: result, bytes: toBytes(result), tags }
      }
      const found = await this.through(JSON.stringify(['f', name, text, program]), run, options)
      // What JavaScript says of it is what `fn` returned, sent through bytes and back.
      return (found.hit ? fromBytes(found.hit.value) : found.filled.value) as Result
    }
  }

  /**
   * Reads `key`, or fills it: one fill at a time, others wait for it. A stale hit is served and filled anew in the
   * background; a fill that fails then is reported to `onError` and keeps the stale value.
   */
  async through<T>(
    key: string,
    fill: () => Promise<Filled<T>>,
    life: Pick<EntryOptions, 'revalidate' | 'expire'>,
    onError: (error: unknown) => void = console.error,
  ): Promise<{ hit: CacheHit } | { hit: null; filled: Filled<T> }> {
    for (;;) {
      const hit = this.#native.read(key)
      if (hit?.stale) {
        const number = this.#native.begin(key)
        if (number > 0) this.#fill(number, fill, life).catch(onError)
      }
      if (hit) {
        this.#depend(hit.tags)
        return { hit }
      }
      const number = this.#native.begin(key)
      if (number < 0) {
        // Another's failure is not ours: then this call computes the value itself.
        await this.#running.get(-number)?.catch(() => {})
        continue
      }
      const filled = await this.#fill(number, fill, life)
      this.#depend(filled.tags)
      return { hit: null, filled }
    }
  }

  /** The entry under `key` as it is stored. */
  peek(key: string): CacheHit | null {
    return this.#native.read(key)
  }

  /** The tags that a page at `path` has. */
  pageTags(path: string): string[] {
    return this.#native.pageTags(path)
  }

  /** Tags as the cache spells them. */
  userTags(tags: string[]): string[] {
    return this.#native.userTags(tags)
  }

  revalidateTag(tag: string): void {
    this.#native.revalidateTag(tag)
  }

  revalidatePath(path: string, type: 'page' | 'layout' = 'page'): void {
    this.#native.revalidatePath(path, type)
  }

  stats(): CacheStats {
    return this.#native.stats()
  }

  /** Waits for fills that run. The memory store holds nothing else. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#running.values())
  }

  async #fill<T>(
    number: number,
    fill: () => Promise<Filled<T>>,
    life: Pick<EntryOptions, 'revalidate' | 'expire'>,
  ): Promise<Filled<T>> {
    const running = fill()
    this.#running.set(number, running)
    try {
      const filled = await running
      if (filled.bytes) {
        this.#native.finish(number, filled.bytes, filled.tags, life.revalidate, life.expire)
      } else {
        this.#native.abandon(number)
      }
      return filled
    } catch (error) {
      this.#native.abandon(number)
      throw error
    } finally {
      this.#running.delete(number)
    }
  }

  /** Runs `fn` where the request can't be seen, and collects what it depends on. */
  async #runFill<Args extends unknown[], Result>(
    fn: (...args: Args) => Result | Promise<Result>,
    args: Args,
  ): Promise<{ result: Result; dependencies: Set<string> }> {
    const context = newContext('fill')
    const result = await runInContext(context, () => fn(...args))
    return { result, dependencies: context.dependencies }
  }

  /** Whatever is computed around this read is invalid when one of `tags` is. */
  #depend(tags: string[]): void {
    const context = currentContext()
    if (!context) return
    for (const tag of tags) noting(context, 'dependencies').add(tag)
  }
}

const KEY = Symbol.for('errand.cache')
const globals = globalThis as { [KEY]?: Cache }

/** The cache that `errand/cache` and every handler without `cache` options use. */
export function processCache(): Cache {
  return (globals[KEY] ??= new Cache())
}

/** Makes `cache` the one that `errand/cache` uses. */
export function setProcessCache(cache: Cache): void {
  globals[KEY] = cache
}

const valueKey = (key: string): string => JSON.stringify(['v', key])

/** `program length in text · \n · program · text`, in UTF-8. */
function toBytes(value: unknown): Uint8Array {
  const { text, program } = lowerPlain(value, 'result')
  return Buffer.from(`${program.length}\n${program}${text}`)
}

function fromBytes(bytes: Uint8Array): unknown {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
  const end = all.indexOf('\n')
  const start = end + 1 + Number(all.slice(0, end))
  return revive(all.slice(start), all.slice(end + 1, start), {
    blobs: [],
    reference() {
      throw errandError('errand::unserializable', 'a server reference can not come from the cache')
    },
  })
}

function lowerPlain(value: unknown, what: string): { text: string; program: string } {
  const { text, program, blobs } = lower(value)
  if (blobs.length > 0) {
    throw errandError('errand::unserializable', `the ${what} of a cached function can not hold files`)
  }
  return { text, program }
}
