/** What invalidates what, over each store that is there. */

import assert from 'node:assert/strict'
import { describe, mock, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'

import { Cache as CoreCache } from 'errand'
import { cached, cacheLife, cacheTag, refresh, revalidatePath, revalidateTag, unstable_cache, updateTag } from 'errand/cache'
import { Cache, createHandler } from 'errand/server'

import { eachStore } from './each-store.ts'
import { type Running, serve } from './host.ts'

eachStore('16mb', (withCache, store) => {
  const counter = (): (() => Promise<number>) => {
    let count = 0
    return async () => (count += 1)
  }

  test('a tag drops only what has it [D108]', withCache(async () => {
    const [a, b] = [cached(counter(), { tags: ['a', 'both'] }), cached(counter(), { tags: ['b', 'both'] })]
    const read = async (): Promise<number[]> => [await a(), await b()]
    assert.deepEqual(await read(), [1, 1])
    await revalidateTag('a')
    assert.deepEqual(await read(), [2, 1])
    await revalidateTag('both')
    assert.deepEqual(await read(), [3, 2])
    await revalidateTag('nobody’s')
    assert.deepEqual(await read(), [3, 2])
  }))

  test('a profile leaves it stale: once more the old one, then the new one [D113]', withCache(async () => {
    const read = cached(counter(), { tags: ['a'] })
    await read()
    await revalidateTag('a', 'max')
    assert.equal(await read(), 1)
    await sleep(20)
    assert.equal(await read(), 2)
    assert.equal(await read(), 2)
  }))

  test('a profile’s expire is a deadline, and none of 0 seconds is at once', withCache(async () => {
    const read = cached(counter(), { tags: ['a'] })
    await read()
    await revalidateTag('a', { expire: 0 })
    assert.equal(await read(), 2)
    await revalidateTag('a', { expire: 0.1 })
    await sleep(150)
    assert.equal(await read(), 3, 'not even stale')
  }))

  test('a soft invalidation gives back nothing that a hard one took', withCache(async () => {
    const read = cached(counter(), { tags: ['a'] })
    await read()
    await revalidateTag('a')
    await revalidateTag('a', 'max')
    assert.equal(await read(), 2)
  }))

  test('what is made under a soft invalidation is not stale by it', withCache(async () => {
    await revalidateTag('a', 'max')
    const read = cached(counter(), { tags: ['a'] })
    assert.deepEqual([await read(), await read()], [1, 1])
  }))

  test('functions tag and limit themselves while they run; what is around them has it too', withCache(async () => {
    const count = counter()
    const inner = cached(async (name: string) => {
      cacheTag(`post-${name}`, 'posts')
      cacheLife({ revalidate: 0.1, expire: 0.1 })
      return `${name} ${await count()}`
    })
    const outer = cached(async (name: string) => `<${await inner(name)}>`)
    assert.deepEqual([await outer('a'), await outer('b')], ['<a 1>', '<b 2>'])
    await revalidateTag('post-a')
    assert.deepEqual([await outer('a'), await outer('b')], ['<a 3>', '<b 2>'])
    await sleep(150)
    assert.equal(await outer('b'), '<b 4>', 'the outer one lives no longer')
  }))

  test('tags and paths in any alphabet, and none with a comma in a second meaning [D124]', withCache(async () => {
    for (const tag of ['ä,b', '標籤', 'a b\n', '🎉']) {
      const read = cached(counter(), { tags: [tag] })
      await read()
      await revalidateTag('ä')
      assert.equal(await read(), 1)
      await revalidateTag(tag)
      assert.equal(await read(), 2, tag)
    }
  }))

  test('says what an invalidation would hit, and why', withCache(async (cache) => {
    await cache.set('one', 1, { tags: ['a'], revalidate: 60 })
    await cache.set('two', 2, { tags: ['a', 'b'] })
    assert.equal((await cache.explain('a')).total, 2)
    assert.equal((await cache.explain('b')).total, 1)
    await revalidateTag('b', 'hours')
    const { entries, mark } = await cache.explain({ tag: 'a' })
    assert.deepEqual(entries.map(({ state }) => state).sort(), ['fresh', 'stale'])
    const stale = entries.find(({ state }) => state === 'stale')!
    assert.match(stale.why!, /t:b.* was invalidated/)
    assert.equal(mark, null, 'a itself was never invalidated')
    const b = await cache.explain({ tag: 'b' })
    assert.ok(Math.abs(b.mark!.soft[0]!.goneInSeconds! - 86_400) < 60)
    assert.equal((await cache.explain({ key: 'one' })).entries[0]!.revalidateSeconds, 60)
  }))

  test('a path drops what its page reads, for that page [D122, D132]', withCache(async (cache) => {
    const read = unstable_cache(counter(), [`paths of ${store}`], { tags: [`values of ${store}`] })
    const inner = cached(counter())
    const outer = cached(async () => inner())
    const handler = createHandler({ actions: {}, cache })
    const page = handler.page(async () => JSON.stringify([await read(), await outer()]))
    const at = async (path: string): Promise<unknown> => (await page(new Request(`http://app.test${path}`))).json()
    assert.deepEqual([await at('/posts/a?x=1'), await at('/home')], [[1, 1], [1, 1]])
    await revalidatePath('/posts/a')
    assert.deepEqual(await at('/home'), [1, 1], 'another page may go on with it')
    assert.deepEqual(await at('/posts/a'), [2, 2])
    assert.deepEqual(await at('/home'), [2, 2])
    await revalidatePath('/posts', 'layout')
    assert.deepEqual(await at('/posts/a'), [3, 3])
    await revalidateTag(`values of ${store}`)
    assert.deepEqual(await at('/posts/a'), [4, 3])
  }))

  test('counts', withCache(async (cache) => {
    const read = cached(counter(), { tags: ['a'] })
    await read()
    await read()
    const { entries, hits, misses, fills, bytes } = cache.stats()
    assert.deepEqual({ entries, hits, misses, fills }, { entries: 1, hits: 1, misses: 1, fills: 1 })
    assert.ok(bytes > 0)
  }))
})

test('memory with a name is one for all threads; a mark in one is seen by the others', async () => {
  const cache = new Cache({ name: 'threads' })
  const worker = new Worker(new URL('./cache-worker.mjs', import.meta.url))
  const ask = (message: unknown): Promise<unknown> =>
    new Promise((resolve) => {
      worker.once('message', resolve)
      worker.postMessage(message)
    })
  try {
    await cache.set('key', { from: 'main' }, { tags: ['a'] })
    assert.deepEqual(await ask('get'), { from: 'main' })
    await ask('revalidate')
    assert.equal(await cache.get('key'), undefined)
    await ask('set')
    assert.deepEqual(await cache.get('key'), { from: 'worker' })
  } finally {
    await worker.terminate()
  }
})

describe('where it may be said', () => {
  const codeOf = (run: () => unknown): string | undefined => {
    try {
      run()
      return undefined
    } catch (error) {
      return (error as { code?: string }).code
    }
  }

  test('outside of a request: a cron job may invalidate, and nothing else', () => {
    assert.equal(codeOf(() => revalidateTag('a')), undefined)
    assert.equal(codeOf(() => revalidatePath('/a')), undefined)
    assert.equal(codeOf(() => updateTag('a')), 'errand::not-in-action') // [D114]
    assert.equal(codeOf(() => refresh()), 'errand::not-in-action') // [D116]
    assert.equal(codeOf(() => cacheTag('a')), 'errand::not-cached')
    assert.equal(codeOf(() => cacheLife('hours')), 'errand::not-cached')
  })

  test('while something is computed nothing is invalidated [D112]', async () => {
    const codes = await cached(async () => [
      codeOf(() => revalidateTag('a')),
      codeOf(() => revalidatePath('/')),
      codeOf(() => updateTag('a')),
      codeOf(() => refresh()),
    ])()
    assert.deepEqual(codes, ['errand::revalidate-in-render', 'errand::revalidate-in-render', 'errand::not-in-action', 'errand::not-in-action'])
  })

  test('tags and profiles that are none are refused [D118]', () => {
    const bad = 'errand::bad-option'
    assert.deepEqual(['', 'x'.repeat(257)].map((tag) => codeOf(() => revalidateTag(tag))), [bad, bad])
    assert.equal(codeOf(() => revalidateTag('x'.repeat(256))), undefined)
    assert.equal(codeOf(() => revalidateTag('a', 'nonsense')), bad)
    assert.equal(codeOf(() => revalidateTag('a', { revalidate: 2, expire: 1 })), bad)
    assert.equal(codeOf(() => cached(async () => 1, { revalidate: 2, expire: 1 })), bad)
    assert.equal(codeOf(() => cached(async () => 1, { revalidate: -1 })), bad)
    assert.equal(codeOf(() => new CoreCache({ store: 'tape' as 'disk' })), bad)
    assert.equal(codeOf(() => new CoreCache({ store: 'disk', path: '/dev/null/x' })), 'errand::cache-folder')
  })

  test('profiles of one’s own', async () => {
    const cache = new CoreCache({ profiles: { blink: { revalidate: 0.01, expire: 0.02 } } })
    await cache.set('a', 1, { tags: ['a'] })
    cache.revalidateTag('a', 'blink')
    assert.equal(await cache.get('a'), 1)
    await sleep(40)
    assert.equal(await cache.get('a'), undefined)
  })
})

describe('in an action', () => {
  let server: Running
  const state = { n: 0 }
  const actions = {
    update: () => async () => {
      updateTag('posts')
    },
    soft: () => async () => {
      revalidateTag('posts', 'max')
    },
    refresh: () => async () => {
      refresh()
    },
    pattern: () => async (path: string, type: 'page' | 'layout') => {
      revalidatePath(path, type)
    },
  }
  const start = async (): Promise<Running> =>
    (server = await serve({ actions, cache: new Cache() }))

  test('updateTag tells the visitor’s browser, a soft invalidation does not, refresh says so [D113, D115]', async () => {
    await start()
    try {
      const revalidated = async (id: string): Promise<unknown> => {
        const header = (await server.call(id, [])).headers['errand-revalidated']
        return header === undefined ? undefined : JSON.parse(String(header))
      }
      assert.deepEqual(await revalidated('update'), { paths: [], tags: ['posts'] })
      assert.equal(await revalidated('soft'), undefined)
      assert.deepEqual(await revalidated('refresh'), { paths: [], tags: [], refresh: true })
    } finally {
      await server.close()
    }
  })

  test('a route invalidates all its pages, and a layout those below [D125]', async () => {
    mock.method(console, 'warn', () => {})
    await start()
    try {
      const page = server.handler.page(() => `${(state.n += 1)}`, { revalidate: 60, route: '/(blog)/posts/[id]' })
      const get = async (path: string): Promise<string> => (await page(new Request(`http://a${path}`))).text()
      let last = [await get('/posts/1'), await get('/posts/2')]
      for (const [path, type, hit] of [
        ['/posts/[id]', 'page', true],
        ['/(blog)/posts/[id]', 'page', true],
        ['/(blog)', 'layout', true],
        ['/posts', 'layout', true],
        ['/', 'layout', true],
        ['/posts/[slug]', 'page', false],
        ['/posts', 'page', false],
      ] as const) {
        await server.call('pattern', [path, type])
        const now = [await get('/posts/1'), await get('/posts/2')].map((it, at) => it !== last[at])
        assert.deepEqual(now, [hit, hit], path)
        last = [await get('/posts/1'), await get('/posts/2')]
      }
    } finally {
      await server.close()
    }
  })
})
