/** `errand/next/use-cache`: what Next's `cacheHandlers` takes, for `'use cache'` and `'use cache: remote'`. */

import { streamOf } from '../server/cached-value.ts'
import { nextStore } from './store.ts'

/** An entry as Next hands it over: times in seconds, but for `timestamp`, which is in milliseconds since 1970. */
export interface UseCacheEntry {
  value: ReadableStream<Uint8Array>
  tags: string[]
  stale: number
  timestamp: number
  expire: number
  revalidate: number
}

type Times = Pick<UseCacheEntry, 'stale' | 'timestamp' | 'expire' | 'revalidate'>

const handler = {
  async get(cacheKey: string, softTags: string[]): Promise<UseCacheEntry | undefined> {
    const hit = await nextStore().get(keyOf(cacheKey), softTags, ({ first, age }) => age >= timesOf(first)[0].revalidate)
    if (!hit) return undefined
    const [times, body] = timesOf(hit.first)
    const tags = hit.tags.map((tag) => tag.slice('n:'.length))
    // Next computes it anew behind the answer if its tag is stale.
    return { ...times, value: streamOf(body, hit.stored), tags, revalidate: hit.stale ? -1 : times.revalidate }
  },

  async set(cacheKey: string, pendingEntry: Promise<UseCacheEntry>): Promise<void> {
    await nextStore().set(keyOf(cacheKey), async () => {
      const { value, tags, stale, timestamp, expire, revalidate } = await pendingEntry
      const head = JSON.stringify({ stale, timestamp, expire, revalidate } satisfies Times)
      return { bytes: behind(`${head}\n`, value), tags, life: { expire } }
    })
  },

  /** What other processes invalidate comes by itself. */
  async refreshTags(): Promise<void> {},

  /** The tags of the page come with each `get`, for their marks are no times of a clock. */
  async getExpiration(): Promise<number> {
    return Infinity
  },

  updateTags: (tags: string[], durations?: { expire?: number }): Promise<void> => nextStore().invalidate(tags, durations),
}

export default handler

/** Next's keys have the build's id in them. */
function keyOf(cacheKey: string): string {
  return `nu:${cacheKey}`
}

/** What was stored begins with: `times as JSON · \n · the stream's bytes`. */
function timesOf(bytes: Uint8Array): [Times, Uint8Array] {
  const end = bytes.indexOf(0x0a)
  return [JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, end).toString()) as Times, bytes.subarray(end + 1)]
}

async function* behind(head: string, rest: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  yield Buffer.from(head)
  yield* rest
}
