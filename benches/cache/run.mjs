/** The cache beside others: `lru-cache`, Next's own default handler, and a Redis handler for Next on the same Redis. */

import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Cache } from 'errand'

import { inRoot } from '../../scripts/support/root.mjs'
import { rounds, timesAsFast, timesAsLong } from '../rounds.mjs'
import { measured } from './child.mjs'
import { startRedis } from './redis.mjs'

const peers = createRequire(inRoot('benches/cache/package.json'))
const next = createRequire(inRoot('__test__/next/package.json'))
const HUGE = '8gb'

/** A cache that is there when it is asked. @param {object} options */
async function opened(options) {
  const cache = new Cache({ maxBytes: HUGE, ...options })
  await cache.ready()
  return cache
}

/** @returns {Promise<import('../table.mjs').Row[]>} */
export async function cache() {
  const folder = mkdtempSync(join(tmpdir(), 'errand-bench-cache-'))
  const redis = await startRedis(join(folder, 'redis'))
  try {
    return [
      ...(await hits(folder, redis.url)),
      ...(await handlers(folder)),
      ...(await invalidations(redis.url)),
      ...(await memory()),
      ...(await pauses()),
    ]
  } finally {
    await redis.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** As many keys as one round asks for. */
const KEYS = 1000
const keys = Array.from({ length: KEYS }, (_, at) => `key ${at}`)

const all = (/** @type {(key: string) => unknown} */ ask) => async () => {
  for (const key of keys) {
    const asked = ask(key)
    if (asked instanceof Promise) await asked
  }
}

async function hits(/** @type {string} */ folder, /** @type {string} */ url) {
  const { LRUCache } = peers('lru-cache')
  const rows = []
  for (const [size, bytes] of /** @type {const} */ ([['1 KB', 1 << 10], ['100 KB', 100 << 10]])) {
    const value = 'x'.repeat(bytes)
    const lru = new LRUCache({ max: KEYS })
    const caches = {
      memory: await opened({}),
      disk: await opened({ store: 'disk', path: join(folder, `disk ${bytes}`) }),
      redis: await opened({ store: 'redis', url, prefix: `hits-${bytes}` }),
    }
    const fortedigital = await redisHandler(url, `theirs-${bytes}`)
    for (const key of keys) {
      lru.set(key, value)
      for (const each of Object.values(caches)) await each.set(key, value, { tags: ['all'] })
      if (bytes < 100_000) await fortedigital.set(key, entryOf(value))
    }
    const read = (/** @type {Cache} */ of) => ({ pass: all((key) => of.get(key)) })
    const times = await rounds({
      memory: read(caches.memory), disk: read(caches.disk), near: read(caches.redis),
      lru: { pass: all((key) => lru.get(key)) },
      ...(bytes < 100_000 && { theirs: { pass: all((key) => fortedigital.get(key)) } }),
    })
    rows.push(
      { what: `hit of ${size}, memory store`, against: 'lru-cache, which copies nothing', ...timesAsLong(times.memory, times.lru) },
      { what: `hit of ${size}, disk store`, against: 'memory store', ...timesAsLong(times.disk, times.memory) },
      { what: `hit of ${size}, Redis store, near`, against: 'memory store', ...timesAsLong(times.near, times.memory), goal: '≤ 1.30' },
      ...('theirs' in times ? [{ what: `hit of ${size}, Redis store`, against: '@fortedigital/nextjs-cache-handler', ...timesAsFast(times.near, times.theirs) }] : []),
    )
    const sets = await rounds({
      memory: { pass: all((key) => caches.memory.set(key, value, { tags: ['all'] })) },
      lru: { pass: all((key) => lru.set(key, value)) },
    })
    rows.push({ what: `set of ${size}, memory store`, against: 'lru-cache', ...timesAsLong(sets.memory, sets.lru) })
    for (const each of Object.values(caches)) await each.close()
    await fortedigital.close()
  }
  return rows
}

/** What Next hands to a cache handler for a fetch. */
const entryOf = (/** @type {string} */ body) => ({
  lastModified: Date.now(),
  lifespan: null,
  tags: ['all'],
  value: { kind: 'FETCH', data: { headers: {}, body, url: '' }, revalidate: 3600, tags: ['all'] },
})

async function redisHandler(/** @type {string} */ url, /** @type {string} */ prefix) {
  const { createClient } = peers('redis')
  const { default: createHandler } = peers('@fortedigital/nextjs-cache-handler/redis-strings')
  const client = createClient({ url })
  client.on('error', () => {}) // who waits for an answer is told
  await client.connect()
  const handler = createHandler({ client, keyPrefix: `${prefix}:` })
  return {
    get: (/** @type {string} */ key) => handler.get(key, { implicitTags: [] }),
    set: (/** @type {string} */ key, /** @type {object} */ entry) => handler.set(key, entry),
    revalidateTag: (/** @type {string} */ tag) => handler.revalidateTag(tag),
    close: () => client.close(),
  }
}

/** The handlers of `use cache`, asked as Next asks them: an entry's stream is read to its end. */
async function handlers(/** @type {string} */ folder) {
  process.env['ERRAND_CACHE_PATH'] = join(folder, 'next')
  process.env['ERRAND_CACHE_MAX_BYTES'] = HUGE
  const { default: ours } = await import('errand/next/use-cache')
  const theirs = next('next/dist/server/lib/cache-handlers/default.js').createDefaultCacheHandler(1 << 30)
  const rows = []
  for (const [size, bytes] of /** @type {const} */ ([['1 KB', 1 << 10], ['100 KB', 100 << 10]])) {
    const value = new Uint8Array(bytes).fill(120)
    const entry = () => Promise.resolve({
      value: new Response(value).body, tags: ['all'], stale: 300, timestamp: Date.now(), expire: 86_400, revalidate: 3600,
    })
    const own = keys.slice(0, 200).map((key) => `${size} ${key}`)
    for (const key of own) {
      await ours.set(key, entry())
      await theirs.set(key, entry())
    }
    const read = (/** @type {typeof theirs} */ handler) => ({
      pass: async () => {
        for (const key of own) for await (const _ of (await handler.get(key, [])).value);
      },
    })
    const times = await rounds({ ours: read(ours), theirs: read(theirs) })
    rows.push({ what: `hit of ${size}, errand/next/use-cache on disk`, against: "Next's default handler, in memory", ...timesAsFast(times.ours, times.theirs) })
    rows.push(await fetches(folder, size, bytes))
  }
  return rows
}

/** Both from disk, where other processes find it too. */
async function fetches(/** @type {string} */ folder, /** @type {string} */ size, /** @type {number} */ bytes) {
  const { default: Ours } = await import('errand/next/incremental')
  const { default: Theirs } = next('next/dist/server/lib/incremental-cache/file-system-cache.js')
  const { nodeFs: fs } = next('next/dist/server/lib/node-fs-methods.js')
  const serverDistDir = join(folder, `next-${bytes}`, 'server')
  const [ours, theirs] = [new Ours({ serverDistDir }), new Theirs({ fs, flushToDisk: true, serverDistDir, revalidatedTags: [], maxMemoryCacheSize: 0 })]
  const { value } = entryOf('x'.repeat(bytes))
  const own = keys.slice(0, 200)
  for (const handler of [ours, theirs]) {
    for (const key of own) await handler.set(key, value, { fetchCache: true, tags: ['all'] })
  }
  const read = (/** @type {typeof theirs} */ handler) => ({
    pass: async () => {
      for (const key of own) {
        const found = await handler.get(key, { kind: 'FETCH', tags: ['all'], softTags: [] })
        if (found.value.data.body.length !== bytes) throw new Error('a hit is not what was stored')
      }
    },
  })
  const times = await rounds({ ours: read(ours), theirs: read(theirs) })
  return {
    what: `hit of ${size}, errand/next/incremental on disk`, against: "Next's default handler, on disk",
    ...timesAsFast(times.ours, times.theirs), ...(bytes > 10_000 && { goal: '≥ 2.00' }),
  }
}

async function invalidations(/** @type {string} */ url) {
  const COUNTS = [10, 10_000, 1_000_000]
  /** @type {Record<number, Cache>} */
  const caches = {}
  for (const count of COUNTS) {
    const filled = (caches[count] = await opened({}))
    for (let at = 0; at < count; at += 1) await filled.set(`${at}`, at, { tags: ['all'] })
  }
  const MARKS = 200
  const mark = (/** @type {Cache} */ of) => ({
    pass: async () => {
      for (let at = 0; at < MARKS; at += 1) await of.revalidateTag('all')
    },
  })
  const [few, some, many] = COUNTS.map((count) => caches[count])
  const times = await rounds({ few: mark(few), some: mark(some), many: mark(many) })
  const micros = [...times.many].sort((a, b) => a - b)[3] / MARKS / 1000
  const remote = await opened({ store: 'redis', url, prefix: 'marks' })
  const theirs = await redisHandler(url, 'marks-theirs')
  for (let at = 0; at < 10_000; at += 1) {
    await remote.set(`${at}`, at, { tags: ['all'] })
    await theirs.set(`${at}`, entryOf('x'))
  }
  // It deletes what has the tag, so it can be done once.
  const began = performance.now()
  await theirs.revalidateTag('all')
  const once = (performance.now() - began) * 1e6
  const own = await rounds({ ours: mark(remote) })
  await remote.close()
  await theirs.close()
  return [
    { what: 'revalidateTag, 10⁴ entries with it', against: '10 entries', ...timesAsLong(times.some, times.few), goal: '≤ 1.30' },
    { what: 'revalidateTag, 10⁶ entries with it', against: '10 entries', ...timesAsLong(times.many, times.few), goal: '≤ 1.30' },
    { what: 'revalidateTag, 10⁶ entries with it', against: 'itself', figure: `${micros.toFixed(2)} µs`, goal: '< 2 µs', better: /** @type {const} */ ('lower') },
    { what: 'revalidateTag on Redis, 10⁴ entries', against: '@fortedigital/nextjs-cache-handler', ...timesAsFast(own.ours.map((time) => time / MARKS), own.ours.map(() => once)) },
  ]
}

/** A process for each: 10⁶ entries of 1 KB. */
async function memory() {
  const [ours, theirs] = [await measured('memory', 'errand'), await measured('memory', 'lru-cache')]
  const percent = (/** @type {number} */ part, /** @type {number} */ of) => `${((100 * part) / of).toFixed(1)} %`
  return [
    { what: "growth of V8's heap, 10⁶ entries of 1 KB", against: 'lru-cache', figure: percent(ours.heap, theirs.heap), goal: '< 5 %', better: /** @type {const} */ ('lower') },
    { what: 'growth of all memory, 10⁶ entries of 1 KB', against: 'lru-cache', ratio: ours.resident / theirs.resident, better: /** @type {const} */ ('lower') },
    { what: 'bytes of an entry beside its value, all memory', against: 'itself', figure: `${Math.round(ours.resident / 1e6 - 1024)}`, better: /** @type {const} */ ('lower') },
  ]
}

/** The longest that JavaScript stood still while a full cache took new entries, and one tag of all was invalidated. */
async function pauses() {
  const [ours, theirs] = [await measured('pause', 'errand'), await measured('pause', 'lru-cache')]
  return [
    { what: 'longest pause of 10⁵ sets into a full cache', against: 'lru-cache', ratio: ours.set / theirs.set, better: /** @type {const} */ ('lower') },
    { what: 'pause of an invalidation of 10⁵ entries', against: 'lru-cache, looked through for the tag', ratio: ours.invalidate / theirs.invalidate, better: /** @type {const} */ ('lower') },
  ]
}
