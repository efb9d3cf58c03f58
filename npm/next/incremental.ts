/** `errand/next/incremental`: what Next's `cacheHandler` takes, for pages, route handlers and `fetch`. */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { deserialize, serialize } from 'node:v8'

import { wholeOf } from '../server/cached-value.ts'
import { type NextHit, nextStore } from './store.ts'

/** Seconds; `false` is never. */
interface CacheControl {
  revalidate: number | false
  expire: number | undefined
}

/** A page, a route's response or a fetch's: texts, buffers and maps of them, in shapes of Next's own. */
type Value = any

interface Stored {
  value: Value
  /** Milliseconds since 1970. */
  lastModified: number
  cacheControl?: CacheControl
}

interface GetContext {
  kind: string
  tags?: string[]
  softTags?: string[]
  revalidate?: number | false
}

interface SetContext {
  fetchCache?: boolean
  tags?: string[]
  cacheControl?: CacheControl
}

/** Tags of a page, separated by commas. */
const TAGS_HEADER = 'x-next-cache-tags'

export default class IncrementalCacheHandler {
  /** Pages refer to the files of the build that rendered them. */
  readonly #build: string | null

  constructor({ serverDistDir }: { serverDistDir?: string }) {
    this.#build = serverDistDir === undefined ? null : buildIn(serverDistDir)
  }

  async get(cacheKey: string, context: GetContext): Promise<Stored | null> {
    const key = this.#keyOf(cacheKey, context.kind === 'FETCH')
    if (key === null) return null
    const also = [...(context.tags ?? []), ...(context.softTags ?? [])]
    let stored: Stored | undefined
    const hit = await nextStore().get(key, also, (found) => isDue((stored = readStored(found)), context))
    if (!hit) return null
    stored ??= readStored(hit)
    return hit.stale ? asStale(stored, context.kind === 'FETCH') : stored
  }

  async set(cacheKey: string, value: Value, { fetchCache, tags, cacheControl }: SetContext): Promise<void> {
    const key = this.#keyOf(cacheKey, fetchCache === true)
    if (key === null) return
    const header = value?.headers?.[TAGS_HEADER]
    const all = new Set([...(tags ?? []), ...(typeof header === 'string' ? header.split(',') : [])])
    const stored: Stored = { value, lastModified: Date.now(), ...(cacheControl && { cacheControl }) }
    await nextStore().set(key, async () => ({ bytes: serialize(stored), tags: [...all], life: { expire: cacheControl?.expire } }))
  }

  revalidateTag(tags: string | string[], durations?: { expire?: number }): Promise<void> {
    return nextStore().invalidate(typeof tags === 'string' ? [tags] : tags, durations)
  }

  resetRequestCache(): void {}

  /** Where it is stored; `null`: nowhere, for there is no build to store it for. */
  #keyOf(cacheKey: string, isFetch: boolean): string | null {
    if (isFetch) return `nf:${cacheKey}`
    return this.#build === null ? null : `np:${this.#build}:${cacheKey}`
  }
}

const builds = new Map<string, string | null>()

/** The id of the build that is served from here. While one is made, the folder may still have that of the one before. */
function buildIn(serverDistDir: string): string | null {
  if (process.env['NEXT_PHASE'] === 'phase-production-build') return null
  const known = builds.get(serverDistDir)
  if (known !== undefined) return known
  const file = join(serverDistDir, '..', 'BUILD_ID')
  const build = existsSync(file) ? readFileSync(file, 'utf8') : null
  builds.set(serverDistDir, build)
  return build
}

function readStored({ first, stored }: NextHit): Stored {
  return deserialize(wholeOf(first, stored)) as Stored // only what `set` has stored is under these keys
}

/** Whether Next will find that it is too old. */
function isDue({ value, lastModified, cacheControl }: Stored, { revalidate }: GetContext): boolean {
  const limit = cacheControl?.revalidate ?? (revalidate || value?.revalidate) ?? false
  return limit !== false && Date.now() >= lastModified + limit * 1000
}

/** As Next serves it once more and renders it behind the answer: older than its `revalidate`, but not than its `expire`. */
function asStale({ value, lastModified, cacheControl }: Stored, isFetch: boolean): Stored {
  if (isFetch || !cacheControl) return { value, lastModified: 1 }
  const { revalidate, expire } = cacheControl
  const limit = revalidate === false ? 1 : revalidate
  return { value, lastModified: Math.min(lastModified, Date.now() - limit * 1000 - 1), cacheControl: { revalidate: limit, expire } }
}
