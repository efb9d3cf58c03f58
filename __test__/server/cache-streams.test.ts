/** Values that aren't whole when they are returned, and bytes, over each store that is there. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import { cached, cacheTag, revalidateTag } from 'errand/cache'
import { registerServerReference } from 'errand/runtime/server'
import { createHandler } from 'errand/server'

import { eachStore } from './each-store.ts'

const textOf = (stream: ReadableStream<Uint8Array>): Promise<string> => new Response(stream).text()
const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const seen: T[] = []
  for await (const item of items) seen.push(item)
  return seen
}

eachStore('8mb', (withCache) => {
  /** A cached function, and how often it ran. */
  const counted = <T>(fn: () => T | Promise<T>, tags: string[] = []): { get: () => Promise<T>; runs: () => number } => {
    let runs = 0
    const get = cached(async () => {
      runs += 1
      return fn()
    }, { tags })
    return { get, runs: () => runs }
  }

  test('bytes, files and errors are kept', withCache(async () => {
    const bytes = Uint8Array.from({ length: 300_000 }, (_, at) => at % 251)
    const { get, runs } = counted(() => ({
      bytes,
      numbers: new Float64Array([1.5, -0]),
      blob: new Blob(['a blob'], { type: 'text/plain' }),
      error: new RangeError('out of it'),
    }))
    for (let turn = 0; turn < 3; turn++) {
      const it = await get()
      assert.deepEqual(it.bytes, bytes)
      assert.deepEqual(it.numbers, new Float64Array([1.5, -0]))
      assert.deepEqual([await it.blob.text(), it.blob.type], ['a blob', 'text/plain'])
      assert.deepEqual([it.error instanceof Error, it.error.message], [true, 'out of it'])
    }
    assert.equal(runs(), 1)
  }))

  test('who computes a stream reads it while it comes, others get all of it', withCache(async () => {
    let goOn!: () => void
    const gate = new Promise<void>((resolve) => (goOn = resolve))
    const { get, runs } = counted(() =>
      (async function* () {
        yield 1
        await gate
        yield { two: 2n }
        cacheTag('told late')
      })(),
    )
    const first = (await get())[Symbol.asyncIterator]()
    assert.deepEqual(await first.next(), { done: false, value: 1 })
    const other = get()
    goOn()
    assert.deepEqual(await first.next(), { done: false, value: { two: 2n } })
    assert.equal((await first.next()).done, true)
    assert.deepEqual(await all(await other), [1, { two: 2n }])
    assert.deepEqual(await all(await get()), [1, { two: 2n }])
    assert.equal(runs(), 1)
    await revalidateTag('told late')
    assert.deepEqual(await all(await get()), [1, { two: 2n }])
    assert.equal(runs(), 2)
  }))

  test('promises, and streams of bytes in parts', withCache(async () => {
    const part = new Uint8Array(100_000).fill(97)
    const { get, runs } = counted(() => ({
      later: sleep(5).then(() => new Date(7)),
      body: new ReadableStream<Uint8Array>({
        start(controller) {
          for (let at = 0; at < 5; at++) controller.enqueue(part.slice())
          controller.close()
        },
      }),
    }))
    for (let turn = 0; turn < 3; turn++) {
      const { later, body } = await get()
      assert.deepEqual(await later, new Date(7))
      assert.equal((await textOf(body)).length, 500_000)
    }
    assert.equal(runs(), 1)
  }))

  test('what breaks off is not kept, and who reads it gets to know why', withCache(async () => {
    let fails = true
    const { get, runs } = counted(async function* () {
      yield 1
      if (fails) throw new Error('half of it')
      yield 2
    } as () => AsyncGenerator<number>)
    await assert.rejects(all(await get()), /half of it/)
    fails = false
    assert.deepEqual(await all(await get()), [1, 2])
    assert.deepEqual(await all(await get()), [1, 2])
    assert.equal(runs(), 2)
  }))

  test('what is invalidated while it comes is not kept', withCache(async () => {
    let goOn!: () => void
    const gate = new Promise<void>((resolve) => (goOn = resolve))
    const { get, runs } = counted(async function* () {
      yield 1
      await gate
    } as () => AsyncGenerator<number>, ['a'])
    const first = await get()
    await revalidateTag('a')
    goOn()
    assert.deepEqual(await all(first), [1])
    await get()
    assert.equal(runs(), 2)
  }))

  test('more than the store takes goes by, and is not kept', withCache(async () => {
    const part = new Uint8Array(1 << 20)
    const { get, runs } = counted(async function* () {
      for (let at = 0; at < 10; at++) yield part.slice()
    } as () => AsyncGenerator<Uint8Array>)
    for (const expected of [1, 2]) {
      assert.equal((await all(await get())).length, 10)
      assert.equal(runs(), expected)
    }
  }))

  test('large values of either kind', withCache(async (cache) => {
    const bytes = Uint8Array.from({ length: 3_000_000 }, (_, at) => at % 251)
    const text = 'ä'.repeat(1_000_000)
    const { get, runs } = counted(() => ({ bytes, text }))
    for (let turn = 0; turn < 2; turn++) assert.deepEqual(await get(), { bytes, text })
    assert.equal(runs(), 1)
    await cache.set('text', { text })
    assert.deepEqual(await cache.get('text'), { text })
  }))

  test('a large page is the same each time, or not sent again', withCache(async (cache) => {
    const handler = createHandler({ actions: {}, cache })
    const body = 'lorem ipsum '.repeat(200_000)
    const page = handler.page(() => body, { revalidate: 60 })
    const listener = await handler.listen({ fetch: page, host: '127.0.0.1' })
    const server = createServer((req, res) => void page(req, res)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    try {
      for (const port of [(server.address() as AddressInfo).port, listener.port]) {
        const url = `http://127.0.0.1:${port}/large`
        let etag = ''
        for (let turn = 0; turn < 3; turn++) {
          const response = await fetch(url)
          assert.equal(await response.text(), body)
          assert.equal(response.headers.get('content-length'), String(body.length))
          etag = response.headers.get('etag')!
        }
        const known = await fetch(url, { headers: { 'if-none-match': etag } })
        assert.deepEqual([known.status, await known.text()], [304, ''])
        const head = await fetch(url, { method: 'HEAD' })
        assert.deepEqual([head.status, head.headers.get('content-length'), await head.text()], [200, String(body.length), ''])
        const left = await fetch(url)
        await left.body!.cancel()
      }
      const response = await page(new Request('http://localhost/large'))
      assert.equal(await response.text(), body)
    } finally {
      server.close()
      server.closeAllConnections()
      await handler.close()
    }
  }))

  test('who stops reading takes it from nobody', withCache(async () => {
    const { get, runs } = counted(async function* () {
      for (let at = 0; at < 100; at++) {
        yield at
        if (at % 10 === 0) await sleep(1)
      }
    } as () => AsyncGenerator<number>)
    for await (const item of await get()) if (item === 3) break
    assert.equal((await all(await get())).length, 100)
    assert.equal(runs(), 1)
  }))

  test('set and get take them as well', withCache(async (cache) => {
    await cache.set('k', { later: Promise.resolve(3), bytes: new Uint8Array([1, 2]) })
    for (let turn = 0; turn < 2; turn++) {
      const it = (await cache.get('k')) as { later: Promise<number>; bytes: Uint8Array }
      assert.deepEqual([await it.later, it.bytes], [3, new Uint8Array([1, 2])])
    }
    await assert.rejects(cache.set('k', () => 1), { code: 'errand::unserializable' })
    const action = registerServerReference(async () => 1, 'an-action', 'action')
    for (const value of [{ action }, { action, bytes: new Uint8Array(1) }]) {
      await assert.rejects(cache.set('k', value), { code: 'errand::unserializable' })
    }
    assert.ok(await cache.get('k'), 'the one before is there')
  }))
})
