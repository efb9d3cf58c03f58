/** Functions with `"use cache"`: how long they are kept, and who may not see them. */

import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, test } from 'node:test'

import { cached, cacheLife, cacheTag, revalidateTag } from 'errand/cache'
import { cookies } from 'errand/headers'
import { notFound } from 'errand/navigation'
import { cacheFunction } from 'errand/runtime/server'
import { Cache, createHandler } from 'errand/server'
import errand from 'errand/vite'
import { build } from 'vite'

import { tempFolder } from '../support/temp.ts'

let cache: Cache
beforeEach(() => {
  cache = new Cache()
  createHandler({ actions: {}, cache })
})

let ids = 0
const directive = <T>(fn: (...args: any[]) => Promise<T>, counted = 0) => cacheFunction(fn, `id ${(ids += 1)}`, fn.name, counted)

/** Seconds until the entry with `tag` is stale, and until it is gone. */
async function lifeOf(tag: string): Promise<(number | null)[]> {
  const [entry] = (await cache.explain({ tag })).entries
  assert.ok(entry)
  return [entry.revalidateSeconds, entry.expireSeconds]
}

describe('the life of what a function with "use cache" gives', () => {
  const HOUR = 3600
  const short = cached(async () => 1, { revalidate: 60, expire: 120 })

  test('is the profile `default` where nothing is said', async () => {
    await directive(async () => cacheTag('a'))()
    assert.deepEqual(await lifeOf('a'), [15 * 60, null])
  })

  test('is what it says itself, longer or shorter [D140]', async () => {
    await directive(async () => {
      cacheTag('a')
      cacheLife('days')
    })()
    assert.deepEqual(await lifeOf('a'), [24 * HOUR, 7 * 24 * HOUR])
  })

  test('is no longer than that of what it is made of', async () => {
    await directive(async () => {
      cacheTag('a')
      return short()
    })()
    assert.deepEqual(await lifeOf('a'), [60, 120])
    await directive(async () => {
      cacheTag('b')
      cacheLife('days')
      return short()
    })()
    assert.deepEqual(await lifeOf('b'), [60, 120])
  })
})

test('calls at the same time share one run [D128]', async () => {
  let runs = 0
  const read = directive(async () => (runs += 1))
  assert.deepEqual(await Promise.all([read(), read(), read()]), [1, 1, 1])
})

test('what it reads through another one invalidates it too [D131]', async () => {
  let runs = 0
  const inner = directive(async () => {
    cacheTag('inner')
    return (runs += 1)
  })
  const outer = directive(async () => inner())
  assert.deepEqual([await outer(), await outer()], [1, 1])
  await revalidateTag('inner')
  assert.equal(await outer(), 2)
})

test('notFound() goes through it and is not kept [D135] [D142]', async () => {
  let isThere = false
  const read = directive(async () => (isThere ? 'there' : notFound()))
  await assert.rejects(read() as Promise<unknown>, { digest: /404/ })
  isThere = true
  assert.equal(await read(), 'there')
})

test('a request can not be looked at in it [D136]', async () => {
  await assert.rejects(directive(async () => cookies())(), { code: 'errand::request-in-cache' })
})

test('client code that imports one does not build', async () => {
  const folder = tempFolder('use-cache')
  const write = (name: string, text: string): void => writeFileSync(join(folder.path, name), text)
  try {
    mkdirSync(folder.path, { recursive: true })
    write('cached.js', "'use cache'\nexport async function load() { return 'from the server' }\n")
    write('client.js', "import { load } from './cached.js'\nconsole.log(load)\n")
    const bundle = build({
      root: folder.path,
      logLevel: 'silent',
      configFile: false,
      plugins: [errand()],
      build: { rollupOptions: { input: join(folder.path, 'client.js') }, write: false },
    })
    await assert.rejects(bundle, /errand::cache-in-client/)
  } finally {
    folder.remove()
  }
})
