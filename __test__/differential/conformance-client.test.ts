/** The list of what React's format has to carry, as far as the browser reads results (64 to 82) and writes arguments. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createServerReference, decodeResult, encodeReply } from '../../npm/client/index.ts'
import { BUILDS, manifest, reactServer, type Build } from './react.ts'

const render = (build: Build, value: unknown, onError: (error: any) => unknown = () => 'digest'): ReadableStream<Uint8Array> =>
  reactServer(build).renderToReadableStream!(value, {}, { onError }) as any

/** What our client makes of what React's server sends. */
const receive = async (build: Build, value: unknown): Promise<any> => decodeResult(render(build, value))

/** What React's server makes of what our client sends. */
const send = async (...args: unknown[]): Promise<any[]> =>
  (await reactServer('production').decodeReply!(await encodeReply(args), manifest)) as any

function inPieces(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  let at = 0
  return new ReadableStream({
    pull: (it) => (at < bytes.length ? it.enqueue(bytes.slice(at, (at += size))) : it.close()),
  })
}

const streamOf = (...items: unknown[]): ReadableStream =>
  new ReadableStream({ start: (it) => (items.forEach((item) => it.enqueue(item)), it.close()) })

async function read(from: any): Promise<unknown[]> {
  const items = []
  for await (const item of from) items.push(item)
  return items
}

async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

const KINDS: any[] = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array, DataView]

const { buffer } = Uint8Array.from({ length: 64 }, (_, at) => at * 7)
const VIEWS: any[] = [buffer, ...KINDS.map((View) => new View(buffer, 16, 3))]

for (const build of BUILDS) {
  test(`64: long strings travel unescaped (${build})`, async () => {
    const text = '"\n\\ $ 😀 \u2028 é'.repeat(2_000)
    for (const size of [1, 7, 100_000]) {
      const bytes = await bytesOf(render(build, { text, dollar: `$${text}`, short: '$1' }))
      assert.deepEqual(await decodeResult(inPieces(bytes, size)), { text, dollar: `$${text}`, short: '$1' })
    }
  })

  test(`65: an object that occurs twice arrives as one (${build})`, async () => {
    const shared = { deep: [{ x: 1 }] }
    const it = await receive(build, { one: shared, two: [shared], inner: shared.deep[0] })
    assert.equal(it.one, it.two[0])
    assert.equal(it.inner, it.one.deep[0])
  })

  test(`67: all kinds of binary data, however they are cut (${build})`, async () => {
    const bytes = await bytesOf(render(build, VIEWS))
    for (const size of [1, 3, 64, 10_000]) {
      const it = (await decodeResult(inPieces(bytes, size))) as any[]
      VIEWS.forEach((view, at) => {
        assert.equal(it[at].constructor, view.constructor)
        assert.deepEqual(it[at], view.slice ? view.slice() : new DataView(buffer.slice(16, 19)))
      })
    }
  })

  test(`68: a Blob, and an empty one (${build})`, async () => {
    const [full, empty] = await receive(build, [new Blob(['a', 'é'], { type: 'x/y' }), new Blob([])])
    assert.deepEqual([full.type, await full.text(), empty.type, empty.size], ['x/y', 'aé', '', 0])
  })

  test(`69: a file in a form arrives named blob (${build})`, async () => {
    const form = new FormData()
    form.append('k', 'v')
    form.append('k', new File(['x'], 'name.txt', { type: 'text/plain' }))
    const it = await receive(build, form)
    const [text, file] = it.getAll('k')
    assert.deepEqual([text, file.name, file.type, await file.text()], ['v', 'blob', 'text/plain', 'x'])
  })

  test(`70: Map, Set, Date, BigInt, odd numbers, undefined; a Date as the root (${build})`, async () => {
    const value = [new Map<unknown, unknown>([['a', new Set([1n, -0])], [{ k: 1 }, undefined]]), NaN, Infinity, -Infinity, undefined, new Date(5)]
    assert.deepStrictEqual(await receive(build, value), value)
    assert.deepEqual(await receive(build, new Date(123)), new Date(123))
    assert.equal(await receive(build, undefined), undefined)
    assert.ok(Number.isNaN((await receive(build, new Date(NaN))).getTime()))
  })

  test(`71: a sync iterator is read once (${build})`, async () => {
    const it = await receive(build, { values: [1, 2].values() })
    assert.deepEqual([[...it.values], [...it.values]], [[1, 2], []])
  })

  test(`72: cycles, and references across promises (${build})`, async () => {
    const object: any = { list: [] }
    object.list.push(object.list, object)
    const set = new Set<unknown>()
    const holder = { set: Promise.resolve(set) }
    set.add(holder)
    const it = await receive(build, { object, holder, again: Promise.resolve(object.list) })
    assert.equal(it.object.list[0], it.object.list)
    assert.equal(it.object.list[1], it.object)
    assert.equal(await it.again, it.object.list)
    assert.equal([...(await it.holder.set)][0], it.holder)
  })

  test(`73: object streams interleaved, closing, and erring behind what came (${build})`, async () => {
    const feeds: ReadableStreamDefaultController[] = []
    const open = (): ReadableStream => new ReadableStream({ start: (it) => void feeds.push(it) })
    const [one, two] = await receive(build, [open(), open()])
    const shared = { x: 1 }
    feeds[0]!.enqueue(shared)
    feeds[1]!.enqueue('two')
    feeds[0]!.enqueue({ shared, later: Promise.resolve('there') })
    feeds[0]!.close()
    const items = (await read(one)) as any[]
    assert.deepEqual(items[0], shared)
    assert.equal(await items[1].later, 'there')
    feeds[1]!.error(new Error('secret'))
    const reader = two.getReader()
    assert.deepEqual(await reader.read(), { done: false, value: 'two' })
    await assert.rejects(reader.read(), { digest: 'digest' })
  })

  test(`74: async iterables are read again, iterators once; returned values, errors, reading ahead (${build})`, async () => {
    let release!: () => void
    const held = new Promise<void>((resolve) => (release = resolve))
    const iterate = async function* (): AsyncGenerator<unknown, string> {
      yield 1
      await held
      yield { two: 2 }
      return 'end'
    }
    const failing = async function* (): AsyncGenerator<number> {
      yield 1
      throw new Error('secret')
    }
    const { iterable, iterator, bad } = await receive(build, { iterable: { [Symbol.asyncIterator]: iterate }, iterator: iterate(), bad: failing() })
    const ahead = [iterator.next(), iterator.next(), iterator.next(), iterator.next()]
    assert.deepEqual(await ahead[0], { done: false, value: 1 })
    release()
    assert.deepEqual(await Promise.all(ahead), [
      { done: false, value: 1 }, { done: false, value: { two: 2 } }, { done: true, value: 'end' }, { done: true, value: undefined },
    ])
    assert.deepEqual([await read(iterable), await read(iterable)], [[1, { two: 2 }], [1, { two: 2 }]])
    assert.equal(iterator[Symbol.asyncIterator](), iterator)
    assert.throws(() => iterable[Symbol.asyncIterator]().next('x'), TypeError)
    assert.deepEqual(await bad.next(), { done: false, value: 1 })
    await assert.rejects(bad.next(), { digest: 'digest' })
  })

  test(`75: a byte stream, cut anywhere, into the reader's own buffer (${build})`, async () => {
    const chunks = Array.from({ length: 100 }, (_, at) => new Uint8Array(1024).fill(at))
    const whole = new Uint8Array(await new Blob(chunks).arrayBuffer())
    const source = (): ReadableStream =>
      new ReadableStream({ type: 'bytes', start: (it) => (chunks.forEach((chunk) => it.enqueue(chunk.slice())), it.close()) })
    const bytes = await bytesOf(render(build, { source: source() }))
    for (const size of [7, 1_000, 1 << 20]) {
      const it = (await decodeResult(inPieces(bytes, size))) as any
      const reader = it.source.getReader({ mode: 'byob' })
      const got: Uint8Array[] = []
      for (let part = await reader.read(new Uint8Array(700)); !part.done; part = await reader.read(new Uint8Array(700))) got.push(part.value)
      assert.deepEqual(new Uint8Array(await new Blob(got as BlobPart[]).arrayBuffer()), whole)
    }
  })

  test(`77: server functions: called, bound, bound twice, the same one, inside a Map, and handed back (${build})`, async () => {
    const { registerServerReference } = reactServer(build)
    const action = registerServerReference!(() => {}, 'save', null)
    const bound = action.bind(null, 1n).bind(null, { inner: action })
    const it = await receive(build, { action, again: action, bound, map: new Map([['f', action]]) })
    assert.equal(it.action, it.again)
    assert.equal(it.map.get('f'), it.action)
    assert.deepEqual([it.action.$$id, it.action.$$bound, it.bound.$$bound[0]], ['save', null, 1n])
    const [back, plain] = await send(it.bound, it.action)
    const [id, big, { inner }, last] = (await back('x')) as any[]
    assert.deepEqual([id, big, last], ['save', 1n, 'x'])
    assert.deepEqual(await inner(2), ['save', 2])
    assert.deepEqual(await plain(3), ['save', 3])
  })

  test(`78: a failure arrives with its digest, and its message in development only (${build})`, async () => {
    const { failed } = await receive(build, { failed: Promise.reject(new TypeError('secret')) })
    await assert.rejects(failed, (error: any) => {
      assert.ok(error instanceof Error)
      assert.equal((error as any).digest, 'digest')
      assert.equal(error.message.includes('secret'), build === 'development')
      return true
    })
    await assert.rejects(receive(build, () => {}), { digest: 'digest' })
  })

  test(`79: Error values: name, message, cause and errors in development, nothing of them in production (${build})`, async () => {
    const cause = new RangeError('cause', { cause: { code: 1 } })
    const error = new TypeError('secret', { cause })
    const [one, many] = await receive(build, [error, new AggregateError([error, 'x'], 'all')])
    assert.ok(one instanceof Error && many instanceof Error)
    if (build === 'production') {
      assert.deepEqual([one.name, one.message, one.cause], ['Error', 'The action failed', undefined])
    } else {
      assert.deepEqual([one.name, one.message], ['TypeError', 'secret'])
      assert.deepEqual([(one.cause as Error).name, (one.cause as Error).cause], ['RangeError', { code: 1 }])
      assert.ok(many instanceof AggregateError)
      assert.deepEqual([many.errors[0].message, many.errors[1]], ['secret', 'x'])
    }
  })

  test(`81: what was delivered before an abort stays readable, the rest fails (${build})`, async () => {
    const abort = new AbortController()
    const never = new Promise(() => {})
    const open = new ReadableStream({ start: (it) => it.enqueue('first') })
    const stream = reactServer(build).renderToReadableStream!([open, never], {}, { onError: () => 'aborted', signal: abort.signal }) as any
    const [items, pending] = (await decodeResult(stream)) as any[]
    const reader = items.getReader()
    assert.deepEqual(await reader.read(), { done: false, value: 'first' })
    abort.abort(new Error('enough'))
    await assert.rejects(pending, { digest: 'aborted' })
    await assert.rejects(reader.read(), { digest: 'aborted' })
  })

  test(`82: a connection that closes early fails promises and open streams (${build})`, async () => {
    const closed = { code: 'errand::connection-closed' }
    const value = { never: new Promise(() => {}), stream: new ReadableStream({ start: (it) => it.enqueue('first') }), iterator: (async function* () { yield 1; await new Promise(() => {}) })() }
    const reader = render(build, value).getReader()
    const cut = new ReadableStream<Uint8Array>({
      async pull(it) {
        const { value } = await Promise.race([reader.read(), new Promise<any>((resolve) => setTimeout(resolve, 50, {}))])
        if (value) it.enqueue(value)
        else it.close()
      },
    })
    const it = (await decodeResult(cut)) as any
    const items = it.stream.getReader()
    assert.deepEqual(await items.read(), { done: false, value: 'first' })
    await assert.rejects(items.read(), closed)
    await assert.rejects(it.never, closed)
    assert.deepEqual(await it.iterator.next(), { done: false, value: 1 })
    await assert.rejects(it.iterator.next(), closed)
    await assert.rejects(it.iterator.next(), closed)
  })
}

test('1: undefined as the root, in arrays, and as a property that is removed', async () => {
  const { decodeReply } = reactServer('production')
  assert.equal(await decodeReply!(await encodeReply(undefined), manifest), undefined)
  assert.deepStrictEqual(await send(undefined, { u: undefined, k: [undefined] }), [undefined, { k: [undefined] }])
})

test('2, 3: an iterable arrives as an array, an iterator as one that is read once', async () => {
  const iterable = { *[Symbol.iterator]() { yield { a: 1 }; yield 2 } }
  const [list, iterator] = await send(iterable, iterable[Symbol.iterator]())
  assert.deepEqual(list, [{ a: 1 }, 2])
  assert.deepEqual([[...iterator], [...iterator]], [[{ a: 1 }, 2], []])
})

test('4, 5, 9: odd numbers, large BigInts, dates to the millisecond', async () => {
  const values = [0, -0, Infinity, -Infinity, NaN, 2n ** 90n, -(2n ** 70n), new Date(1_234_567_890_123)]
  assert.deepStrictEqual(await send(...values), values)
})

test('6, 7, 8: forms with keys that occur again, several files under one, and one form beside another', async () => {
  const one = new FormData()
  one.append('k', '1')
  one.append('k', new File(['x'], 'a.txt'))
  one.append('k', new Blob(['y']))
  const two = new FormData()
  two.append('k', '2')
  const [first, second] = await send(one, two)
  assert.deepEqual(first.getAll('k').map((it: any) => it.name ?? it), ['1', 'a.txt', 'blob'])
  assert.deepEqual(second.getAll('k'), ['2'])
})

test('14, 21: promises, and two streams side by side', async () => {
  const [late, one, two] = await send(new Promise((resolve) => setTimeout(resolve, 5, { late: Promise.resolve('v') })), streamOf('a', { b: 1 }), streamOf(1, 2))
  assert.equal(await (await late).late, 'v')
  assert.deepEqual([await read(one), await read(two)], [['a', { b: 1 }], [1, 2]])
})

test('22: an async iterable is read again, an iterator once, with the value that they return', async () => {
  const iterate = async function* (): AsyncGenerator<unknown, unknown> { yield 1; yield new Map([['k', 2]]); return ['end'] }
  const [iterable, iterator] = await send({ [Symbol.asyncIterator]: iterate }, iterate())
  assert.deepEqual([await read(iterable), await read(iterable)], Array(2).fill([1, new Map([['k', 2]])]))
  assert.deepEqual((await Promise.all([iterator.next(), iterator.next(), iterator.next()])).at(-1), { done: true, value: ['end'] })
})

test('23, 24: cycles, and an element that occurs twice', async () => {
  const object: any = {}
  object.self = object
  const element = {}
  const array: any[] = [element, element]
  array.push(array)
  const [decoded, list] = await send(object, array)
  assert.equal(decoded.self, decoded)
  assert.deepEqual([list[2] === list, list[0] === list[1]], [true, true])
})

test('25: who aborts gets what is there, and what is there can be used', async () => {
  const abort = new AbortController()
  const encoding = encodeReply([Promise.resolve('there'), new Promise(() => {}), new Set([1])], { signal: abort.signal })
  setTimeout(() => abort.abort(), 5)
  const [there, missing, set] = (await reactServer('production').decodeReply!(await encoding, manifest)) as any
  assert.equal(await there, 'there')
  assert.deepEqual(set, new Set([1]))
  await assert.rejects(missing)
  assert.equal(await encodeReply([1], { signal: AbortSignal.abort() }), '[1]')
})

test('29, 30, 31: all kinds of binary data, in Maps too; blobs by their contents', async () => {
  const [views, map, blob] = await send(VIEWS, new Map([['k', VIEWS[2]]]), new Blob(['é'], { type: 'x/y' }))
  VIEWS.forEach((view, at) => assert.deepEqual(views[at], view.slice ? view.slice() : view))
  assert.ok(map.has('k')) // React's decoder has no bytes for a view that occurs again
  assert.deepEqual([blob.size, await blob.text()], [2, 'é'])
})

test('33, 34: a stream of views, and a stream of bytes for the reader’s own buffer', async () => {
  const bytes = new ReadableStream({ type: 'bytes', start: (it) => (it.enqueue(new Uint8Array([1, 2])), it.enqueue(new Uint8Array([3])), it.close()) })
  const [views, whole] = await send(streamOf(new Uint16Array([1, 2]), new Uint8Array([3])), bytes)
  assert.deepEqual(await read(views), [new Uint16Array([1, 2]), new Uint8Array([3])])
  const { value } = await whole.getReader({ mode: 'byob' }).read(new Uint8Array(10))
  assert.deepEqual([...value], [1, 2, 3])
})

test('a promise or a stream that fails, fails the reply', async () => {
  const cause = new Error('mine')
  await assert.rejects(encodeReply([new Promise(() => {}), Promise.reject(cause)]), cause)
  await assert.rejects(encodeReply([new ReadableStream({ start: (it) => it.error(cause) })]), cause)
  await assert.rejects(encodeReply([(async function* () { throw cause })()]), cause)
  await assert.rejects(encodeReply([Promise.resolve([() => {}])]), { code: 'errand::unserializable', message: /^args\[0\]\[0\] is a function/ })
})

test('38: a function and its bound version arrive to be called', async () => {
  const save = createServerReference('save')
  const [plain, bound, again] = await send(save, save.bind(null, save, 1), save)
  assert.equal(plain, again)
  const [, inner, one, two] = await bound(2)
  assert.deepEqual([await inner(), one, two], [['save'], 1, 2])
})

test('92: ids from 10 and from 16 on', async () => {
  const many = Array.from({ length: 40 }, (_, at) => [new Map([[at, Promise.resolve(at)]]), new Uint8Array([at]), streamOf(at)] as any[])
  const [decoded] = await send(many)
  for (const [at, [map, bytes, stream]] of decoded.entries()) {
    assert.deepEqual([await map.get(at), [...bytes], await read(stream)], [at, [at], [at]])
  }
  for (const build of BUILDS) {
    const back = await receive(build, Array.from({ length: 40 }, (_, at) => [new Map([[at, Promise.resolve(at)]]), new Uint8Array([at]), streamOf(at)]))
    for (const [at, [map, bytes, stream]] of back.entries()) {
      assert.deepEqual([await map.get(at), [...bytes], await read(stream)], [at, [at], [at]])
    }
  }
})
