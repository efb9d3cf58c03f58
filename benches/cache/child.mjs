/** What has to be measured in a process of its own: memory, and how long JavaScript stands still. */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

import { Cache } from 'errand'

/** @param {'memory' | 'pause'} what @param {'errand' | 'lru-cache'} of @returns {Promise<Record<string, number>>} */
export async function measured(what, of) {
  const child = fork(fileURLToPath(import.meta.url), [what, of], { execArgv: ['--expose-gc', '--max-old-space-size=8192'] })
  const [told] = await Promise.race([once(child, 'message'), once(child, 'exit').then(() => [null])])
  if (told === null) throw new Error(`${of} could not be measured: ${what}`)
  return told
}

/** The same two calls of both. @param {string} of @param {number} maxBytes */
function contender(of, maxBytes) {
  if (of === 'errand') {
    const cache = new Cache({ maxBytes })
    return {
      set: (/** @type {string} */ key, /** @type {string} */ value) => cache.set(key, value, { tags: ['all'] }),
      invalidate: () => cache.revalidateTag('all'),
    }
  }
  const { LRUCache } = createRequire(import.meta.url)('lru-cache')
  const cache = new LRUCache({ maxSize: maxBytes, sizeCalculation: (/** @type {{ value: string }} */ it) => it.value.length })
  const tags = new Set(['all'])
  return {
    set: (/** @type {string} */ key, /** @type {string} */ value) => void cache.set(key, { value, tags }),
    invalidate: () => {
      for (const [key, entry] of cache.entries()) if (entry.tags.has('all')) cache.delete(key)
    },
  }
}

/** A new text each: what is one text for many would cost nothing. @param {number} at */
const text = (at) => Buffer.alloc(1024, 97 + (at % 26)).toString('latin1')

async function memory(/** @type {string} */ of) {
  const cache = contender(of, 4 * 2 ** 30)
  const collect = /** @type {() => void} */ (globalThis.gc)
  collect()
  const before = process.memoryUsage()
  for (let at = 0; at < 1e6; at += 1) await cache.set(`key ${at}`, text(at))
  collect()
  const after = process.memoryUsage()
  await cache.set('last', 'until here nothing of it is garbage')
  return { heap: after.heapUsed - before.heapUsed, resident: after.rss - before.rss }
}

async function pause(/** @type {string} */ of) {
  const cache = contender(of, 100 * 2 ** 20)
  for (let at = 0; at < 1e5; at += 1) await cache.set(`key ${at}`, text(at))
  let longest = 0
  for (let at = 1e5; at < 2e5; at += 1) {
    const value = text(at)
    const began = performance.now()
    const set = cache.set(`key ${at}`, value)
    longest = Math.max(longest, performance.now() - began)
    await set
  }
  const began = performance.now()
  const done = cache.invalidate()
  const invalidate = performance.now() - began
  await done
  return { set: longest, invalidate }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [what = '', of = ''] = process.argv.slice(2)
  process.send?.(await (what === 'memory' ? memory(of) : pause(of)))
  process.disconnect?.()
}
