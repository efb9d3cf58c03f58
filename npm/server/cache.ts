/** The cache as JavaScript sees it: values instead of bytes, and one run for many waiters. */

import { randomUUID } from 'node:crypto'
import { join } from 'node:path'

import type { CachedOptions, CacheLife, CacheOptions, CacheStats, EntryOptions, Explanation, Invalidated } from '../../index.d.ts'
import { native, type CacheHit, type CacheSettings, type NativeCache } from '../native/index.ts'
import { currentContext, errandError, type Lifetime, newContext, type RequestContext, runInContext, noting } from '../request/context.ts'
import { lower } from '../values/index.ts'
import { keep, valueIn, written } from './cached-value.ts'
import { cacheFolder } from './folder.ts'

export type { CachedOptions, CacheLife, CacheOptions, CacheStats, EntryOptions, Explanation, Invalidated }

/** What is known of a value. */
interface Known {
  tags: string[]
  life: Lifetime
}

/** What is stored of a value, or nothing. */
interface Stored extends Known {
  bytes: Uint8Array | ReadableStream<Uint8Array> | null
  /** What is known when all bytes of a stream have come. */
  atEnd?: () => Known
}

/** What a fill yields. */
export interface Filled<T> extends Stored {
  value: T
}

// Any function may be cached; what it takes and gives is its own affair.
type AnyFunction = (...args: any[]) => unknown

/** An answer of the native store: most are there at once, and cost no promise then. */
type Soon<T> = T | Promise<T>

/** Tagged entries of any values that a call can carry. */
export class Cache {
  readonly #native: NativeCache
  /** Fills that this thread runs, by key. */
  readonly #running: Map<string, Promise<unknown>> = new Map()
  /** Whether other machines see this cache too. */
  readonly isShared: boolean
  /** The response header that names a page's tags. */
  readonly tagHeader: string | undefined
  readonly #onInvalidate: CacheOptions['onInvalidate']
  readonly #own = `${randomUUID()}:`
  #functions = 0

  constructor(options: CacheOptions = {}) {
    this.#native = new native.Cache(cacheSettings(options))
    this.isShared = options.store === 'redis'
    this.tagHeader = options.tagHeader?.toLowerCase()
    this.#onInvalidate = options.onInvalidate
    const notice = this.#native.notice()
    if (notice !== null) console.warn(`errand: ${notice}`)
  }

  /** Settles when the store can be asked; rejects when it can't be reached in time. */
  async ready(): Promise<void> {
    await this.#native.ready()
  }

  /** The value under `key`, or `undefined`. A stale value counts as a value. */
  async get(key: string): Promise<unknown> {
    const hit = await this.#native.read(valueKey(key))
    return hit ? valueIn(hit.value) : undefined
  }

  /** Stores `value` under `key`. */
  async set(key: string, value: unknown, options: EntryOptions = {}): Promise<void> {
    const { bytes } = await keep(value)
    const tags = this.#native.userTags(options.tags ?? [])
    // A fill of our own: an explicit value replaces whatever somebody else computes.
    for (let wait = new Backoff(); ; ) {
      const fill = await this.#native.begin(valueKey(key), tags)
      if (fill > 0) return this.#store(fill, { bytes, tags, life: this.lifeOf(options) })
      await this.#end(valueKey(key), wait)
    }
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
    // Two processes may count differently: only what has a name is shared.
    const name = options.key === undefined ? `#${this.#own}${(this.#functions += 1)}` : `=${options.key}`
    const life = this.lifeOf(options)
    return async (...args) => {
      const own = this.#native.userTags(typeof options.tags === 'function' ? options.tags(...args) : (options.tags ?? []))
      // What JavaScript says of it is what `fn` returned, sent through bytes and back.
      return (await this.#remembered(name, fn as AnyFunction, args, own, (context) => shorter(life, context.life))) as Result
    }
  }

  /** As {@link wrap}, for a function with `"use cache"`: it lives as long as it says itself, else as the `default` profile. */
  compiled(id: string, fn: AnyFunction, args: unknown[]): Promise<unknown> {
    const lifeOf = ({ life, isTimed }: RequestContext): Lifetime => (isTimed && life ? life : shorter(this.lifeOf('default'), life))
    return this.#remembered(`@${id}`, fn, args, [], lifeOf)
  }

  async #remembered(name: string, fn: AnyFunction, args: unknown[], own: string[], lifeOf: (context: RequestContext) => Lifetime): Promise<unknown> {
    const { text, program } = keyOf(args)
    const pageTags = this.#pageTags(currentContext())
    const run = async (): Promise<Filled<unknown>> => {
      const context = newContext('fill')
      context.pageTags = pageTags
      const kept = await runInContext(context, async () => keep(await fn(...args)))
      const known = (): Known => ({ tags: [...new Set([...own, ...context.dependencies])], life: lifeOf(context) })
      return { ...kept, ...known(), atEnd: known }
    }
    const found = await this.through(JSON.stringify(['f', name, text, program]), run, own)
    return found.hit ? valueIn(found.hit.value) : found.filled.value
  }

  /**
   * Reads `key`, or fills it: one fill at a time, others wait for it. A stale hit is served and filled anew in the
   * background; a fill that fails then is reported to `onError` and keeps the stale value.
   *
   * `tags` are those that the value will have, as far as they are known.
   */
  async through<T>(
    key: string,
    fill: () => Promise<Filled<T>>,
    tags: string[] = [],
    onError: (error: unknown) => void = console.error,
  ): Promise<{ hit: CacheHit } | { hit: null; filled: Filled<T> }> {
    const also = this.#pageTags(currentContext())
    const expected = also === undefined ? tags : [...tags, ...also]
    for (let wait = new Backoff(); ; ) {
      const running = this.#running.get(key)
      const read = this.#native.read(key, also)
      const hit = read instanceof Promise ? await read : read
      if (hit?.stale) {
        const number = await this.#native.begin(key, expected)
        if (number > 0) this.#fill(key, number, fill, onError).catch(onError)
      }
      if (hit) {
        depend(hit.tags, hit.life)
        return { hit }
      }
      const number = await this.#native.begin(key, expected)
      if (number === 0) {
        await this.#end(key, wait)
        continue
      }
      if (running && this.#running.get(key) !== running) {
        await this.#native.abandon(number) // it has ended between our look and our turn: look again
        continue
      }
      const filled = await this.#fill(key, number, fill)
      depend(filled.tags, filled.life)
      return { hit: null, filled }
    }
  }

  /** The tags of the page that is being computed, or that called: what invalidates it counts for what it reads. */
  #pageTags(context: RequestContext | undefined): string[] | undefined {
    if (context?.request.url === undefined) return context?.pageTags
    return (context.pageTags ??= this.pageTags(context.request.url, context.route))
  }

  /** Where the entries are, for the listener. */
  get store(): NativeCache {
    return this.#native
  }

  /** The entry under `key` as it is stored, if it can be told at once. */
  peek(key: string): CacheHit | null {
    const hit = this.#native.read(key)
    return hit instanceof Promise ? null : hit
  }

  /** The tags that a page at `path` has. */
  pageTags(path: string, route?: string): string[] {
    return this.#native.pageTags(path, route)
  }

  /** Tags as the cache spells them. */
  userTags(tags: string[]): string[] {
    return this.#native.userTags(tags)
  }

  /** A profile by its name, or what it says itself. */
  lifeOf(life: CacheLife): Lifetime {
    return this.#native.life(typeof life === 'string' ? life : { revalidate: life.revalidate, expire: life.expire })
  }

  revalidateTag(tag: string, life?: CacheLife): Promise<void> {
    const lifetime = life === undefined ? undefined : this.lifeOf(life)
    const isSoft = lifetime !== undefined && lifetime.expire !== 0
    return this.#acknowledged(this.#native.revalidateTag(tag, lifetime), { tag, isSoft }, () => this.#native.userTags([tag])[0]!)
  }

  revalidatePath(path: string, type: 'page' | 'layout' = 'page'): Promise<void> {
    const mark = this.#native.revalidatePath(path, type)
    return this.#acknowledged(mark, { path, type, isSoft: false }, () => this.#native.pathTag(path, type))
  }

  /** Waits until this process knows of the mark `tick`, wherever it was made; not for ever, and not if nobody knows it. */
  async catchUp(tick: number): Promise<void> {
    await this.#native.catchUp(tick)
  }

  /**
   * Settles when the invalidation counts everywhere. A failure is reported here, as most callers don't wait; those who
   * do get it too. What an action invalidated is the newest that its visitor has to see.
   */
  #acknowledged(soon: Soon<number>, what: Omit<Invalidated, 'cacheTag'>, tag: () => string): Promise<void> {
    const context = currentContext()
    const note = (tick: number): void => {
      if (context && tick > context.seen) context.seen = tick
      if (this.#onInvalidate) void this.#tell(this.#onInvalidate, { ...what, cacheTag: native.headerTag(tag()) })
    }
    if (!(soon instanceof Promise)) {
      note(soon)
      return DONE
    }
    const done = soon.then(note)
    done.catch((error: unknown) => console.error('errand: an invalidation was not acknowledged\n', error))
    return done
  }

  async explain(what: string | { tag: string } | { path: string; type?: 'page' | 'layout' } | { key: string }): Promise<Explanation> {
    const asked = typeof what === 'string' ? (what.startsWith('/') ? { path: what } : { tag: what }) : what
    if ('key' in asked) return this.#explain(valueKey(asked.key), true)
    if ('tag' in asked) return this.#explain(this.#native.userTags([asked.tag])[0]!, false)
    return this.#explain(this.#native.pathTag(asked.path, asked.type ?? 'page'), false)
  }

  stats(): CacheStats {
    return this.#native.stats()
  }

  /** Waits for fills that run. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#running.values())
  }

  /** A purger that fails must not undo what is done. */
  async #tell(tell: NonNullable<CacheOptions['onInvalidate']>, invalidated: Invalidated): Promise<void> {
    try {
      await tell(invalidated)
    } catch (error) {
      console.error('errand: onInvalidate failed\n', error)
    }
  }

  async #explain(what: string, isKey: boolean): Promise<Explanation> {
    return JSON.parse(await this.#native.explain(what, isKey)) as Explanation
  }

  /** A value that comes as a stream is there before it is stored; `onLate` is told when that fails. */
  async #fill<T>(key: string, number: number, fill: () => Promise<Filled<T>>, onLate?: (error: unknown) => void): Promise<Filled<T>> {
    const filling = fill()
    const stored = filling.then(
      (filled) => this.#store(number, filled),
      () => this.#native.abandon(number),
    )
    this.#running.set(key, stored)
    const ended = stored.finally(() => {
      if (this.#running.get(key) === stored) this.#running.delete(key)
    })
    try {
      const filled = await filling
      if (!(filled.bytes instanceof ReadableStream)) await ended
      else ended.catch((error: unknown) => onLate?.(error)) // who reads the value gets the error from it
      return filled
    } catch (error) {
      await ended.catch(() => {})
      throw error
    }
  }

  /** Ends a fill with what there is to be stored. */
  async #store(number: number, { bytes, tags, life, atEnd }: Stored): Promise<void> {
    try {
      if (bytes instanceof ReadableStream) {
        if (!(await written(this.#native, number, bytes))) return void (await this.#native.abandon(number))
        const known = atEnd?.() ?? { tags, life }
        await this.#native.finish(number, null, known.tags, known.life)
      } else if (bytes) {
        await this.#native.finish(number, bytes, tags, life)
      } else {
        await this.#native.abandon(number)
      }
    } catch (error) {
      await this.#native.abandon(number)
      throw error
    }
  }

  /** Waits for a fill of another call. Its failure is not ours: then we compute the value ourselves. */
  async #end(key: string, elsewhere: Backoff): Promise<void> {
    const running = this.#running.get(key)
    if (running) await running.catch(() => {})
    else await elsewhere.wait() // another thread or process has it
  }
}

/** Waits a little, and longer each time. */
class Backoff {
  #ms = 1

  wait(): Promise<void> {
    const ms = this.#ms
    this.#ms = Math.min(ms * 2, 100)
    return new Promise((resolve) => setTimeout(resolve, ms))
  }
}

const DONE = Promise.resolve()

/** The shorter of two lives, in each respect. */
export function shorter(a: Lifetime, b: Lifetime | undefined): Lifetime {
  if (!b) return a
  const least = (one: number | undefined, other: number | undefined): number => Math.min(one ?? Infinity, other ?? Infinity)
  const expire = least(a.expire, b.expire)
  return { revalidate: Math.min(least(a.revalidate, b.revalidate), expire), expire }
}

/** Whatever is computed around a read is invalid when one of its tags is, and lives no longer. */
function depend(tags: string[], life: Lifetime): void {
  const context = currentContext()
  if (!context) return
  for (const tag of tags) noting(context, 'dependencies').add(tag)
  if (life.revalidate !== undefined || life.expire !== undefined) context.life = shorter(life, context.life)
}

/** Without what is `undefined`. */
function given<T extends object>(all: T): { [K in keyof T]: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as { [K in keyof T]: NonNullable<T[K]> }
}

function cacheSettings(options: CacheOptions): CacheSettings {
  const { maxBytes, profiles, path, store, name, maxTags, lease, durability, url, maxValueBytes, tagHeader: _, onInvalidate: __, ...redis } = options
  const folder = options.store === 'disk' ? { path: path ?? join(cacheFolder(), 'cache') } : {}
  return {
    ...given({ store, name, maxTags, lease, durability }),
    ...folder,
    ...(url !== undefined && {
      redis: {
        urls: typeof url === 'string' ? [url] : url,
        ...redis,
        ...(maxValueBytes === undefined ? {} : { maxValueBytes: String(maxValueBytes) }),
      },
    }),
    ...(maxBytes === undefined ? {} : { maxBytes: String(maxBytes) }),
    ...(profiles && { profiles: Object.entries(profiles).map(([name, life]) => ({ name, life })) }),
  }
}

const KEY = Symbol.for('errand.cache')
const globals = globalThis as { [KEY]?: Cache }

/** The cache that `errand/cache` and every handler without `cache` options use. */
export function processCache(): Cache {
  return (globals[KEY] ??= new Cache({ name: 'errand' }))
}

/** Makes `cache` the one that `errand/cache` uses. */
export function setProcessCache(cache: Cache): void {
  globals[KEY] = cache
}

const valueKey = (key: string): string => JSON.stringify(['v', key])

function keyOf(args: unknown[]): { text: string; program: string } {
  const { text, program, blobs } = lower(args, 'arguments')
  if (blobs.length > 0) throw errandError('errand::unserializable', 'the arguments of a cached function can not hold files')
  return { text, program }
}
