import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'

import { Cache, decodeResult } from 'errand'
import { cached, revalidatePath, revalidateTag } from 'errand/cache'
import { cookies } from 'errand/headers'
import { createHandler } from 'errand/server'

import { type Running, serve } from './host.ts'

describe('cached()', () => {
  test('runs once per arguments until a tag is invalidated [D127, D131]', async () => {
    let runs = 0
    const get = cached(async (id: number) => ({ id, runs: ++runs }), { tags: ['posts'] })
    assert.deepEqual(await get(1), { id: 1, runs: 1 })
    assert.deepEqual(await get(1), { id: 1, runs: 1 })
    assert.deepEqual(await get(2), { id: 2, runs: 2 })
    revalidateTag('something else')
    assert.equal((await get(1)).runs, 1)
    revalidateTag('posts')
    assert.equal((await get(1)).runs, 3)
  })

  test('keeps arguments apart that JSON confuses', async () => {
    let runs = 0
    const get = cached(async (_: unknown) => ++runs)
    const seen = new Set<number>()
    const values = [undefined, null, NaN, 'NaN', 1n, 1, '1', new Date(0), new Date(0).toISOString(), new Map(), {}, new Set([1]), [1]]
    for (const value of values) seen.add(await get(value))
    assert.equal(seen.size, values.length)
    for (const value of values) seen.add(await get(value))
    assert.equal(seen.size, values.length)
  })

  test('gives back what a call could carry, as a copy', async () => {
    const value = { when: new Date(5), tags: new Set(['a']), big: 10n, map: new Map([['k', undefined]]) }
    const get = cached(async () => value)
    await get()
    const second = await get()
    assert.deepEqual(second, value)
    assert.notEqual(second, value)
    second.tags.add('b')
    assert.equal((await get()).tags.size, 1)
  })

  test('computes once for many at the same time [D128]', async () => {
    let runs = 0
    const get = cached(async () => (await delay(10), ++runs))
    assert.deepEqual(await Promise.all([get(), get(), get()]), [1, 1, 1])
  })

  test('does not remember errors, and a waiter tries for itself [D142]', async () => {
    let runs = 0
    const get = cached(async () => {
      await delay(5)
      if (++runs === 1) throw new Error('first')
      return runs
    })
    const [first, second] = await Promise.allSettled([get(), get()])
    assert.equal(first!.status, 'rejected')
    assert.deepEqual(second, { status: 'fulfilled', value: 2 })
  })

  test('never serves a fill that began before an invalidation [D110]', async () => {
    let value = 'old'
    let release = () => {}
    const get = cached(
      async () => {
        const seen = value
        if (seen === 'old') await new Promise<void>((resolve) => (release = resolve))
        return seen
      },
      { tags: ['slow'] },
    )
    const slow = get()
    await delay(1)
    value = 'new'
    revalidateTag('slow')
    assert.equal(await get(), 'new', 'a reader after the mark does not wait for the old fill')
    release()
    assert.equal(await slow, 'old', 'who asked before the mark may get what was true then')
    assert.equal(await get(), 'new')
  })

  test('stale values are served while they are computed anew, and a failing one keeps them', async () => {
    let runs = 0
    const get = cached(
      async () => {
        if (++runs === 2) throw new Error('expected in the log')
        return runs
      },
      { revalidate: 0 },
    )
    const log = console.error
    const logged: unknown[] = []
    console.error = (...all) => logged.push(all)
    try {
      assert.equal(await get(), 1)
      assert.equal(await get(), 1)
      await delay(5)
      assert.equal(logged.length, 1)
      assert.equal(await get(), 1)
      await delay(5)
      assert.equal(await get(), 3)
    } finally {
      console.error = log
    }
  })

  test('an outer function depends on what the inner one is tagged with', async () => {
    let runs = 0
    const inner = cached(async () => ++runs, { tags: ['inner'] })
    const outer = cached(async () => `outer ${await inner()}`)
    assert.equal(await outer(), 'outer 1')
    assert.equal(await outer(), 'outer 1')
    revalidateTag('inner')
    assert.equal(await outer(), 'outer 2')
  })

  test('can not look at the request, and can not invalidate [D136]', async () => {
    const look = cached(async () => (await cookies()).get('a'))
    await assert.rejects(look(), { code: 'errand::request-in-cache' })
    const change = cached(async () => revalidateTag('x'))
    await assert.rejects(change(), { code: 'errand::revalidate-in-render' })
  })
})

describe('Cache', () => {
  test('gets, sets and deletes values', async () => {
    const cache = new Cache({ maxBytes: '1mb' })
    assert.equal(await cache.get('k'), undefined)
    await cache.set('k', { when: new Date(1) }, { tags: ['t'] })
    assert.deepEqual(await cache.get('k'), { when: new Date(1) })
    cache.revalidateTag('t')
    assert.equal(await cache.get('k'), undefined)
    await cache.set('k', 1)
    assert.equal(await cache.delete('k'), true)
    assert.equal(await cache.get('k'), undefined)
    assert.throws(() => new Cache({ maxBytes: 'much' }), { code: 'errand::bad-option' })
  })

  test('stays within its bytes', async () => {
    const cache = new Cache({ maxBytes: '1mb' })
    for (let n = 0; n < 300; n++) await cache.set(`k${n}`, 'x'.repeat(10_000))
    assert.ok(cache.stats().bytes <= 1 << 20)
    assert.ok(cache.stats().entries > 10)
  })
})

describe('pages', () => {
  let server: Running
  let renders = 0
  const posts: string[] = ['first']
  const list = cached(async () => [...posts], { tags: ['posts'] })

  before(async () => {
    server = await serve({
      actions: {
        add: () => async (title: string) => {
          revalidatePath('/posts') // before the write: it must take effect at the end, too
          posts.push(title)
        },
        tag: () => async () => revalidateTag('posts'),
        layout: () => async () => revalidatePath('/', 'layout'),
      },
    })
  })
  after(() => server.close())

  const show = (path: string, options = {}) => {
    const page = server.handler.page(async () => `render ${++renders}: ${posts.join()}`, { revalidate: 60, ...options })
    return page(new Request(`http://a.test${path}`))
  }

  test('are rendered once until their path is invalidated [D117]', async () => {
    const first = await (await show('/posts')).text()
    const second = await show('/posts/')
    assert.equal(await (await show('/posts')).text(), first)
    assert.notEqual(await second.text(), first, 'another address is another entry')
    const sent = await server.call('add', ['second'])
    assert.equal(sent.headers['errand-revalidated'], '{"paths":["/posts"],"tags":[]}')
    assert.match(await (await show('/posts')).text(), /first,second$/)
    assert.match(await (await show('/posts/')).text(), /first,second$/, 'both stand for the same path')
  })

  test('are served by handler.fetch while they are fresh', async () => {
    await show('/served')
    const hit = await server.handler.fetch(new Request('http://a.test/served'))
    assert.match((await hit?.text()) ?? '', /^render/)
    assert.match(hit?.headers.get('age') ?? '', /^\d+$/)
    assert.equal(await server.handler.fetch(new Request('http://a.test/not-served')), null)
  })

  test('are invalidated by the layout above them and by tags of what they read', async () => {
    const before = await (await show('/deep/er/page')).text()
    await server.call('layout', [])
    assert.notEqual(await (await show('/deep/er/page')).text(), before)

    const page = server.handler.page(async () => `${++renders} ${(await list()).length}`, { revalidate: 60 })
    const get = async () => (await page(new Request('http://a.test/list'))).text()
    const shown = await get()
    assert.equal(await get(), shown)
    await server.call('tag', [])
    assert.notEqual(await get(), shown)
  })

  test('that look at the visitor, fail or set a cookie are never shared', async () => {
    for (const render of [
      async () => `for ${(await cookies()).get('user')?.value} ${++renders}`,
      async () => new Response(`${++renders}`, { status: 500 }),
      async () => new Response(`${++renders}`, { headers: { 'set-cookie': 'a=1' } }),
    ]) {
      const page = server.handler.page(render, { revalidate: 60 })
      const get = async () => (await page(new Request('http://a.test/private'))).text()
      assert.notEqual(await get(), await get())
    }
  })

  test('can not set cookies or invalidate while they render [D65, D112]', async () => {
    const setting = server.handler.page(async () => ((await cookies()).set('a', '1'), ''))
    await assert.rejects(setting(new Request('http://a.test/')), { code: 'errand::cookies-in-render' })
    const marking = server.handler.page(async () => (revalidatePath('/'), ''))
    await assert.rejects(marking(new Request('http://a.test/')), { code: 'errand::revalidate-in-render' })
  })

  test('of another handler with a cache of its own are its own', () => {
    const handler = createHandler({ actions: {}, cache: { maxBytes: '1mb' } })
    assert.notEqual(handler.cache, server.handler.cache)
  })
})

test('a result decodes outside of a server too', async () => {
  const { encodeResult } = await import('errand')
  assert.deepEqual(await decodeResult(encodeResult({ a: new Map([[1, 2n]]) })), { a: new Map([[1, 2n]]) })
})
