/**
 * The list of what React's format has to carry, as far as the server writes results: we encode, React's client reads,
 * in both builds. Each test begins with its number in the list.
 *
 * | no test | why |
 * | --- | --- |
 * | 83 | React's elements: a renderer of React's writes them |
 *
 * | ours differs | how |
 * | --- | --- |
 * | 69 | we send a file's name, which React's client ignores and ours reads |
 * | 76 | an object stays one within an item, not from item to item, so that a stream may go on for ever |
 * | 79 | `cause` and `errors` stay here: they may hold what nobody meant to send |
 */

import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'

import { encodeResult } from 'errand'
import { registerServerReference } from 'errand/runtime/server'

import { allBinary, byteStreamOf, bytesIn, formOf, readAll, readIntoOwn, streamOf } from './parts.ts'
import { type Build, BUILDS, manifest, reactBrowser, reactClient } from './react.ts'

const digest = (error: unknown): string => `digest of ${(error as Error).message}`

/** In production nothing of an error is sent but its digest. */
let environment: string | undefined
beforeEach(() => {
  environment = process.env.NODE_ENV
  process.env.NODE_ENV = 'production'
})
afterEach(() => {
  if (environment === undefined) delete process.env.NODE_ENV
  else process.env.NODE_ENV = environment
})

function decode(build: Build, rows: ReadableStream<Uint8Array>, options: object = {}): Promise<any> {
  return reactClient(build).createFromReadableStream!(rows, {
    serverConsumerManifest: { moduleMap: manifest, serverModuleMap: null, moduleLoading: null },
    ...options,
  })
}

/** The same bytes, cut every `size`. */
function cut(rows: ReadableStream<Uint8Array>, size: number): ReadableStream<Uint8Array> {
  return rows.pipeThrough(new TransformStream({
    transform(chunk: Uint8Array, controller) {
      for (let at = 0; at < chunk.length; at += size) controller.enqueue(chunk.slice(at, at + size))
    },
  }))
}

/** What React's client makes of `value`, however the bytes are cut. */
type Receive = (value: unknown, size?: number) => Promise<any>

function each(name: string, check: (receive: Receive, build: Build) => Promise<void>): void {
  for (const build of BUILDS) {
    const receive: Receive = (value, size = 1 << 20) => decode(build, cut(encodeResult(value, { onError: digest }), size))
    test(`${name} (${build})`, () => check(receive, build))
  }
}

/** A promise and what settles it. */
function deferred(): { promise: Promise<unknown>; resolve(value?: unknown): void; reject(error: unknown): void } {
  let resolve!: (value?: unknown) => void
  let reject!: (error: unknown) => void
  const promise = new Promise((...ends) => ([resolve, reject] = ends))
  return { promise, resolve, reject }
}

each('64: long strings to the byte, however they are cut', async (receive) => {
  const text = '"\n\\ $ 😀 \u2028 é'.repeat(300)
  const value = { text, dollar: `$${text}`, short: '$1', list: [text] }
  for (const size of [1, 7, 100_000]) assert.deepEqual(await receive(value, size), value)
})

each('65: an object that occurs twice arrives as one', async (receive) => {
  const shared = { deep: [{ x: 1 }] }
  const map = new Map([['k', shared]])
  const it = await receive({ one: shared, two: [shared], inner: shared.deep[0], map, again: map })
  assert.equal(it.one, it.two[0])
  assert.equal(it.inner, it.one.deep[0])
  assert.equal(it.map.get('k'), it.one)
  assert.equal(it.map, it.again)
})

each('66: text that occurs twice is text twice', async (receive) => {
  const text = 'twice'.repeat(500)
  const rows = await new Response(encodeResult([text, text])).text()
  assert.equal(rows.split(text).length - 1, 2)
  assert.deepEqual(await receive([text, text]), [text, text])
})

each('67: all kinds of binary data, however they are cut', async (receive) => {
  const sent = allBinary()
  for (const size of [1, 3, 64]) assert.deepEqual((await receive(sent, size)).map(bytesIn), sent.map(bytesIn))
})

each('68: a Blob, and an empty one', async (receive) => {
  const [full, empty] = await receive([new Blob(['a', 'é'], { type: 'x/y' }), new Blob([])])
  assert.deepEqual([full.type, await full.text(), empty.type, empty.size], ['x/y', 'aé', '', 0])
})

each('69: a file in a form arrives named blob', async (receive) => {
  const it = await receive(formOf(['k', 'v'], ['k', new File(['x'], 'name.txt', { type: 'text/plain' })]))
  const [text, file] = it.getAll('k')
  assert.deepEqual([text, file.name, file.type, await file.text()], ['v', 'blob', 'text/plain', 'x'])
})

each('70: Map, Set, Date, BigInt, odd numbers, undefined; a Date as the root', async (receive) => {
  const value = [new Map<unknown, unknown>([['a', new Set([1n, -0])], [{ k: 1 }, undefined]]), NaN, Infinity, -Infinity, undefined, new Date(5), 10n ** 400n]
  assert.deepStrictEqual(await receive(value), value)
  assert.deepEqual(await receive(new Date(123)), new Date(123))
  assert.equal(await receive(undefined), undefined)
  assert.ok(!('u' in (await receive({ u: undefined }))))
  assert.ok(Number.isNaN((await receive(new Date(NaN))).getTime()))
  assert.equal(await receive(Symbol.for('s')), Symbol.for('s'))
})

each('71: an iterator is read once', async (receive) => {
  const it = await receive({ values: [1, { a: 2 }].values() })
  assert.deepEqual([[...it.values], [...it.values]], [[1, { a: 2 }], []])
})

each('72: cycles, and objects that stay one across promises', async (receive) => {
  const object: any = { list: [] }
  object.list.push(object.list, object)
  const set = new Set<unknown>()
  const holder = { set: Promise.resolve(set) }
  set.add(holder)
  const it = await receive({ object, holder, again: Promise.resolve(object.list), other: Promise.resolve({ holder }) })
  assert.equal(it.object.list[0], it.object.list)
  assert.equal(it.object.list[1], it.object)
  assert.equal(await it.again, it.object.list)
  assert.equal([...(await it.holder.set)][0], it.holder)
  assert.equal((await it.other).holder, it.holder)
})

each('73: streams side by side, one that ends, one that fails behind what it said', async (receive) => {
  const feed = (): [ReadableStream, ReadableStreamDefaultController] => {
    let controller!: ReadableStreamDefaultController
    return [new ReadableStream({ start: (it) => void (controller = it) }), controller]
  }
  const [[one, first], [two, second]] = [feed(), feed()]
  const it = await receive({ one, two })
  const readers = [it.one.getReader(), it.two.getReader()] as const
  first.enqueue('a')
  second.enqueue({ b: 1 })
  assert.equal((await readers[0].read()).value, 'a')
  assert.deepEqual((await readers[1].read()).value, { b: 1 })
  first.enqueue(new Set([2]))
  first.close()
  assert.deepEqual((await readers[0].read()).value, new Set([2]))
  assert.ok((await readers[0].read()).done)
  second.error(new Error('boom'))
  await assert.rejects(readers[1].read(), { digest: 'digest of boom' })
})

each('74: async iterables are read again, iterators once; returned values, errors, reading ahead', async (receive) => {
  const gate = deferred()
  const iterate = async function* (): AsyncGenerator<unknown, unknown> { yield 'a'; await gate.promise; yield { b: 1 }; return 'end' }
  const failing = async function* (): AsyncGenerator<unknown> { yield 1; throw new Error('boom') }
  const it = await receive({ iterable: { [Symbol.asyncIterator]: iterate }, iterator: iterate(), failing: failing() })
  const ahead = it.iterable[Symbol.asyncIterator]()
  const results = [ahead.next(), ahead.next(), ahead.next(), ahead.next()]
  assert.deepEqual(await results[0], { done: false, value: 'a' })
  gate.resolve()
  assert.deepEqual((await Promise.all(results)).map(({ value }) => value), ['a', { b: 1 }, 'end', undefined])
  assert.deepEqual(await readAll(it.iterable), ['a', { b: 1 }])
  assert.equal(it.iterator[Symbol.asyncIterator](), it.iterator)
  assert.deepEqual(await readAll(it.iterator), ['a', { b: 1 }])
  assert.deepEqual(await readAll(it.iterator), [])
  assert.throws(() => it.iterator.next('sent'))
  assert.equal((await it.failing.next()).value, 1)
  await assert.rejects(it.failing.next(), { digest: 'digest of boom' })
})

each('75: a stream of bytes, cut anywhere, into the reader’s own buffer', async (receive) => {
  const chunks = Array.from({ length: 100 }, (_, at) => new Uint8Array(1_024).fill(at))
  for (const size of [97, 5_000]) {
    const { bytes } = await receive({ bytes: byteStreamOf(...chunks) }, size)
    assert.ok(Buffer.concat(chunks).equals(await readIntoOwn(bytes, 1_000)))
  }
})

each('76: what occurs in two items arrives in both', async (receive) => {
  const shared = { x: 1 }
  const it = await receive((async function* () { yield [shared, shared]; yield shared })())
  const [both, alone] = await readAll(it)
  assert.equal(both[0], both[1])
  assert.deepEqual(alone, shared)
})

for (const build of BUILDS) {
  test(`77: server functions: called, bound twice, passed on, twice the same, and sent back (${build})`, async () => {
    const add = registerServerReference(async () => {}, 'add', 'add') as any
    const apply = registerServerReference(async () => {}, 'apply', 'apply') as any
    const calls: unknown[] = []
    const callServer = async (id: string, args: unknown[]): Promise<unknown> => (calls.push([id, args]), 'done')
    const bound = add.bind(null, 1, { a: new Date(0) }).bind(null, 2n)
    const value = { add, again: add, bound, map: new Map([['f', add]]), higher: apply.bind(null, add) }
    const { createFromReadableStream, encodeReply } = reactBrowser(build)
    const it: any = await createFromReadableStream!(encodeResult(value), { callServer })
    assert.equal(await it.add(3), 'done')
    await it.again(4)
    await it.bound('more')
    await it.map.get('f')(5)
    await it.higher(6)
    const [higher] = calls.splice(4) as any
    assert.deepEqual(calls, [['add', [3]], ['add', [4]], ['add', [1, { a: new Date(0) }, 2n, 'more']], ['add', [5]]])
    assert.deepEqual([higher[0], higher[1][1]], ['apply', 6])
    await higher[1][0](7)
    assert.deepEqual(calls.at(-1), ['add', [7]])
    const sent = [...((await encodeReply!([it.add, it.higher])) as FormData).values()]
    assert.ok(sent.includes('{"id":"add","bound":null}'), `${sent}`)
  })
}

each('78: an error reaches the reader with its digest, and without its message in production', async (receive, build) => {
  const rejected = (await receive({ a: Promise.reject(new Error('secret')), b: Promise.resolve(1) }))
  await assert.rejects(rejected.a, (error: any) => {
    assert.equal(error.digest, 'digest of secret')
    assert.doesNotMatch(error.message.replace(error.digest, ''), /secret/)
    return true
  })
  assert.equal(await rejected.b, 1)
  process.env.NODE_ENV = 'development'
  await assert.rejects((await receive({ a: Promise.reject(new TypeError('told')) })).a, (error: any) => {
    assert.equal(error.digest, 'digest of told')
    // The production client has one message for all errors.
    if (build === 'development') assert.deepEqual([error.name, error.message], ['TypeError', 'told'])
    return true
  })
})

each('79: Error values: name and message in development, nothing of them in production', async (receive, build) => {
  const hidden = (await receive({ it: new TypeError('m') })).it
  assert.ok(hidden instanceof Error)
  assert.doesNotMatch(hidden.message.replace('digest of m', ''), /\bm\b/)
  process.env.NODE_ENV = 'development'
  const told = (await receive([new TypeError('m')]))[0]
  assert.ok(told instanceof Error)
  if (build === 'development') assert.deepEqual([told.name, told.message], ['TypeError', 'm'])
})

each('80: who cancels the response cancels what it reads from, once', async () => {
  const reasons: unknown[] = []
  let returned = 0
  const iterable = { next: async () => new Promise(() => {}), return: async () => (returned++, { done: true }), [Symbol.asyncIterator]() { return this } }
  const rows = encodeResult({
    stream: new ReadableStream({ cancel: (reason) => void reasons.push(reason) }),
    bytes: new ReadableStream({ type: 'bytes', cancel: (reason) => void reasons.push(reason) }),
    iterable,
  })
  const reader = rows.getReader()
  await reader.read()
  await reader.cancel('enough')
  await reader.cancel('again')
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(reasons, ['enough', 'enough'])
  assert.equal(returned, 1)
})

each('81: what was said before the source broke off stays readable, the rest fails with a digest', async (receive) => {
  const abort = new AbortController()
  const aborted = (): Promise<never> => new Promise((_, reject) => abort.signal.addEventListener('abort', () => reject(abort.signal.reason)))
  const it = await receive({
    stream: new ReadableStream({ start: (to) => to.enqueue('there'), pull: aborted }),
    iterable: (async function* () { yield 1; await aborted() })(),
    promise: aborted(),
    done: Promise.resolve('done'),
  })
  assert.equal(await it.done, 'done')
  const reader = it.stream.getReader()
  assert.equal((await reader.read()).value, 'there')
  assert.equal((await it.iterable.next()).value, 1)
  abort.abort(new Error('stop'))
  for (const rest of [reader.read(), it.iterable.next(), it.promise]) await assert.rejects(rest, { digest: 'digest of stop' })
})

each('82: a connection that closes early fails what is open', async (_, build) => {
  const closed = /Connection closed|#412/
  const early = (): [rows: ReadableStream<Uint8Array>, close: () => void] => {
    const waits = deferred()
    const rows = encodeResult({ never: new Promise(() => {}), open: new ReadableStream({ start: (to) => to.enqueue('there') }), there: 1 })
    const source = rows.getReader()
    const cut = new ReadableStream<Uint8Array>({
      async pull(to) {
        const { value } = await Promise.race([source.read(), waits.promise.then(() => ({ value: undefined }))])
        if (value) to.enqueue(value)
        else to.close()
      },
    })
    return [cut, () => (waits.resolve(), void source.cancel())]
  }
  const [rows, close] = early()
  const it = await decode(build, rows)
  assert.equal(it.there, 1)
  const reader = it.open.getReader()
  assert.equal((await reader.read()).value, 'there')
  const [never, more] = [assert.rejects(it.never, closed), assert.rejects(reader.read(), closed)]
  close()
  await Promise.all([never, more])

  const [partialRows, closePartial] = early()
  const partial = await decode(build, partialRows, { unstable_allowPartialStream: true })
  closePartial()
  assert.deepEqual(await readAll(partial.open), ['there'])
  assert.equal(await Promise.race([partial.never, new Promise((resolve) => setTimeout(resolve, 5, 'pending'))]), 'pending')
})

each('87 (T22): what a client sent is text, whatever it begins with', async (receive) => {
  const texts = ['$1', '$$', '$@0', '$h1', '$', '$T', '$undefined', ...[1_022, 1_023, 1_024, 1_025, 8_191, 8_192].map((units) => `$${'é'.repeat(units)}`)]
  assert.deepEqual(await receive(texts), texts)
  assert.deepEqual(await readAll(await receive(streamOf(...texts))), texts)
  assert.deepEqual([...(await receive(formOf(...texts.map((text) => ['k', text] as const)))).values()], texts)
  assert.equal(await receive(Promise.resolve('$1')), '$1')
})

each('88: an error has the form that both builds read, and what stands beside it arrives', async (receive) => {
  const it = await receive({
    failed: Promise.reject(new Error('boom')), value: new RangeError('as a value'), beside: Promise.resolve('there'), nested: [Promise.reject('no error')],
  })
  await assert.rejects(it.failed, { digest: 'digest of boom' })
  await assert.rejects(it.nested[0], { digest: 'digest of undefined' })
  assert.ok(it.value instanceof Error)
  assert.equal(await it.beside, 'there')
  const rows = await new Response(encodeResult({ failed: Promise.reject(new Error('boom')) }, { onError: digest })).text()
  const { stack, env, owner, name, ...row } = JSON.parse(/^\w+:E(.*)$/m.exec(rows)![1]!)
  assert.deepEqual([stack, env, owner, name, row.digest], [[], 'Server', null, 'Error', 'digest of boom'])
})

each('91: half a character stays half a character', async (receive) => {
  const value = ['\ud800', { '\udc00': 'x\ud83d' }, new Map([['\ude00', new Set(['\ud800\ud800'])]])]
  assert.deepEqual(await receive(value), value)
  const long = `${'long '.repeat(3_000)}\ud800`
  assert.equal(await receive(long), long)
  assert.equal(await receive(Promise.resolve('\udfff')), '\udfff')
})

each('92: ids from 10 and from 16 on, for every tag', async (receive) => {
  const shared = { k: 1 }
  const kinds = (at: number): unknown[] => [
    Promise.resolve(shared), new Map([['k', shared]]), new Set([shared]), [shared].values(), formOf(['k', 'v']), new Blob([`b${at}`], { type: 'x/y' }),
    streamOf(shared), byteStreamOf(new Uint8Array([7])), { async *[Symbol.asyncIterator]() { yield shared } }, (async function* () { yield shared })(),
    Symbol.for(`s${at}`), 'long'.repeat(3_000), new Error('e'), ...allBinary(),
  ]
  // React's client transfers the buffer of a chunk with the bytes of a stream in it, whatever else is there.
  const [given, ...many] = await receive([shared, kinds(0), kinds(1), kinds(2)], 5)
  for (const [at, [promise, map, set, iterator, form, blob, stream, bytes, iterable, asyncIterator, symbol, text, error, ...binary]] of many.entries()) {
    assert.equal(await promise, given)
    assert.equal(map.get('k'), given)
    assert.ok(set.has(given))
    assert.equal([...iterator][0], given)
    assert.deepEqual([...form], [['k', 'v']])
    assert.equal(await blob.text(), `b${at}`)
    for (const it of [stream, iterable, asyncIterator]) assert.deepEqual(await readAll(it), [shared])
    assert.deepEqual([...(await readIntoOwn(bytes))], [7])
    assert.deepEqual([symbol, text, error instanceof Error], [Symbol.for(`s${at}`), 'long'.repeat(3_000), true])
    assert.deepEqual(binary.map(bytesIn), allBinary().map(bytesIn))
  }
})
