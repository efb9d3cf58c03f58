/** What cached pages say to browsers and CDNs. */

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { describe, mock, test } from 'node:test'

import { cacheTag, revalidatePath, revalidateTag } from 'errand/cache'
import { Cache, createHandler, type CacheOptions, type Invalidated, type PageOptions, type RenderPage } from 'errand/server'

/** Asks for `/page` through `node:http` and through `listen`. */
async function both(
  page: RenderPage,
  options: PageOptions,
  act: (get: (headers?: Record<string, string>) => Promise<Response>) => Promise<void>,
  cache: CacheOptions = {},
): Promise<void> {
  for (const kind of ['node:http', 'listen']) {
    const handler = createHandler({ actions: {}, cache: new Cache(cache) })
    const show = handler.page(page, { revalidate: 60, ...options })
    const http = createServer((req, res) => void handler.node(req, res, () => void show(req, res))).listen(0, '127.0.0.1')
    await once(http, 'listening')
    const server = await handler.listen({ port: 0, host: '127.0.0.1', fetch: (request) => show(request) })
    const port = kind === 'listen' ? server.port : (http.address() as AddressInfo).port
    try {
      await act((headers = {}) => fetch(`http://127.0.0.1:${port}/page`, { headers: { connection: 'close', ...headers } }))
    } finally {
      http.close()
      await handler.close()
    }
  }
}

describe('a cached page', () => {
  test('is answered 304 to who has it, from the first answer on, until it changes', async () => {
    let text = 'one'
    await both(() => text, { tags: ['a'] }, async (get) => {
      text = 'one'
      const first = await get()
      const etag = first.headers.get('etag')!
      assert.match(etag, /^W\/"[0-9a-f]{24}"$/)
      assert.equal(first.headers.get('cache-control'), 'public, max-age=0, must-revalidate')
      assert.equal(first.headers.get('age'), null)
      const same = await get({ 'if-none-match': `"x", ${etag}` })
      assert.deepEqual([same.status, await same.text(), same.headers.get('etag')], [304, '', etag])
      assert.match(same.headers.get('age')!, /^\d+$/)
      text = 'two'
      await revalidateTag('a')
      const changed = await get({ 'if-none-match': etag })
      assert.deepEqual([changed.status, await changed.text()], [200, 'two'])
    })
  })

  test('is not stored when its head says that it is not for everybody', async () => {
    let renders = 0
    const answers: Record<string, string>[] = [{ 'cache-control': 'private, max-age=5' }, { 'cache-control': 'no-store' }, { vary: 'Cookie' }, { vary: '*' }]
    for (const headers of answers) {
      await both(() => new Response(String((renders += 1)), { headers }), {}, async (get) => {
        assert.notEqual(await (await get()).text(), await (await get()).text(), JSON.stringify(headers))
      })
    }
    await both(() => new Response(String((renders += 1)), { headers: { vary: 'Accept-Language' } }), { vary: ['accept-language'] }, async (get) => {
      const [english, german] = [{ 'accept-language': 'en' }, { 'accept-language': 'de' }]
      const first = await (await get(english)).text()
      assert.notEqual(await (await get(german)).text(), first)
      assert.equal(await (await get(english)).text(), first)
    })
  })

  test('keeps what its author said', async () => {
    const page = (): Response => new Response('x', { headers: { 'cache-control': 'public, max-age=5', etag: '"mine"' } })
    await both(page, {}, async (get) => {
      await get()
      const { headers, status } = await get({ 'if-none-match': '"mine"' })
      assert.deepEqual([status, headers.get('cache-control')], [304, 'public, max-age=5'])
    })
  })

  test('says what it depends on', () =>
    both(() => 'x', { vary: ['accept-language'] }, async (get) => {
      assert.equal((await get()).headers.get('vary'), 'accept-language')
    }))

  test('may be kept by a CDN, which is told its tags and what to purge', async () => {
    const told: Invalidated[] = []
    mock.method(console, 'error', () => {})
    const cache: CacheOptions = {
      tagHeader: 'Cache-Tag',
      onInvalidate: (it) => {
        told.push(it)
        throw new Error('the CDN is down')
      },
    }
    const page = (): string => {
      cacheTag('a,b')
      return 'x'
    }
    await both(page, { cdn: true, expire: 600 }, async (get) => {
      told.length = 0
      const { headers } = await get()
      assert.equal(headers.get('cache-control'), 'public, max-age=0, s-maxage=60, stale-while-revalidate=540')
      const tags = headers.get('cache-tag')!.split(',')
      assert.ok(tags.includes('t:a%2Cb') && tags.includes('p:/page') && tags.includes('l:/'), String(tags))
      await revalidateTag('a,b')
      await revalidateTag('c', 'max')
      await revalidatePath('/page')
      assert.deepEqual(told, [
        { tag: 'a,b', isSoft: false, cacheTag: 't:a%2Cb' },
        { tag: 'c', isSoft: true, cacheTag: 't:c' },
        { path: '/page', type: 'page', isSoft: false, cacheTag: 'p:/page' },
      ])
    }, cache)
  })

  test('that nobody may keep says nothing of it', async () => {
    let count = 0
    const page = (): Response => new Response(String((count += 1)), { headers: { 'set-cookie': 'a=b' } })
    await both(page, {}, async (get) => {
      const [one, two] = [await get(), await get()]
      assert.notEqual(await one.text(), await two.text())
      assert.equal(one.headers.get('etag'), null)
    })
  })
})
