/**
 * What arrives later, and what React's own decoder gets wrong (19.3.1, §1.9 of the protocol): React's client encodes,
 * we decode.
 */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Cache, decodeReply, encodeResult } from 'errand'

import { formOf, readAll, streamOf } from './parts.ts'
import { manifest, reactClient } from './react.ts'

const react = reactClient('production')
const send = async <T = any>(...args: unknown[]): Promise<T> => (await decodeReply(await react.encodeReply!(args))) as T
const incomplete = { code: 'errand::reply-incomplete' }

const formWith = (value: string): FormData => formOf(['k', value])

test('Q1: a typed array passed twice is one array', async () => {
  const bytes = new Uint16Array([1, 2, 65_535])
  const [one, two, { inner }, later] = await send(bytes, bytes, { inner: bytes }, Promise.resolve([bytes]))
  assert.deepEqual(one, bytes)
  assert.equal(one, two)
  assert.equal(one, inner)
  assert.equal(one, (await later)[0])
})

test('Q2: a Map and a Set may contain themselves, also as the whole value', async () => {
  const map = new Map<string, unknown>()
  map.set('self', map)
  const set = new Set<unknown>([map])
  set.add(set)
  const [first, second, third] = await send(map, set, Promise.resolve(map))
  assert.equal(first.get('self'), first)
  assert.deepEqual([...second], [first, second])
  assert.equal(await third, first)
})

test('Q3: forms from the tenth part on have their entries, and those at 10 and 16 their own', async () => {
  const forms = Array.from({ length: 40 }, (_, n) => formWith(`${n}`))
  const decoded = await send<FormData[]>(...forms)
  assert.deepEqual(decoded.map((form) => form.get('k')), forms.map((form) => form.get('k')))
})

test('Q4: forms inside promises have their entries, in whichever order one awaits them', async () => {
  const sent = (): Promise<unknown>[] => ['a', 'b', 'c'].map((value) => Promise.resolve({ form: formWith(value) }))
  for (const order of [[0, 1, 2], [2, 1, 0], [1, 2, 0]]) {
    const decoded = await send<Promise<{ form: FormData }>[]>(...sent())
    for (const at of order) assert.equal((await decoded[at]!).form.get('k'), 'abc'[at])
  }
})

test('Q5: two events of a stream share an object with the arguments', async () => {
  const shared = { k: 1 }
  const [stream, given, iterable] = await send(streamOf(shared, shared, { inner: shared }), shared, (async function* () { yield shared; return shared })())
  assert.deepEqual(await readAll(stream), [given, given, { inner: given }])
  const first = await iterable.next()
  assert.equal(first.value, given)
  assert.equal((await iterable.next()).value, given)
})

test('Q5: what an event shares is the same object', async () => {
  const shared = { k: 1 }
  const [stream, given] = await send(streamOf(shared, shared), shared)
  for (const item of await readAll(stream)) assert.equal(item, given)
})

test('Q6: a stream, a byte stream and an iterable without an end fail behind what came', async () => {
  const [stream, iterable, iterator] = (await decodeReply(
    formOf(['S1', '"a"'], ['S1', '2'], ['S2', '1'], ['0', '["$R1","$X2","$x3"]']),
  )) as any[]
  const reader = stream.getReader()
  assert.deepEqual(await reader.read(), { done: false, value: 'a' })
  assert.deepEqual(await reader.read(), { done: false, value: 2 })
  await assert.rejects(reader.read(), incomplete)
  for (let time = 0; time < 2; time++) {
    const again = iterable[Symbol.asyncIterator]()
    assert.deepEqual(await again.next(), { done: false, value: 1 })
    await assert.rejects(again.next(), incomplete)
    await assert.rejects(again.next(), incomplete)
  }
  await assert.rejects(iterator.next(), incomplete)
})

test('Q6: so does a stream in a body of text', async () => {
  const [stream] = (await decodeReply('["$R1"]')) as any[]
  await assert.rejects(stream.getReader().read(), incomplete)
  const [bytes] = (await decodeReply('["$r1"]')) as any[]
  await assert.rejects(bytes.getReader({ mode: 'byob' }).read(new Uint8Array(1)), incomplete)
})

test('Q9: references that lead nowhere are refused, not null', async () => {
  for (const bad of ['"$0"', '["$1"]', '["$@0"]']) {
    await assert.rejects(decodeReply(formOf(['0', bad], ['1', '"$1"'])), /^Error: the body|^Error: part/, bad)
  }
})

test('Q12: binary data that is not there is one error', async () => {
  for (const tag of ['$B1', '$o1', '$A1', '$V1']) {
    await assert.rejects(decodeReply(`["${tag}"]`), { code: 'errand::reply-missing-part' })
  }
})

test('a promise that was aborted before it had a value fails, and ends no process when nobody looks', async () => {
  const abort = new AbortController()
  const encoded = react.encodeReply!([new Promise(() => {}), Promise.resolve('there')], { signal: abort.signal })
  setTimeout(() => abort.abort())
  const [missing, there, unseen] = (await decodeReply(await encoded)).concat(await decodeReply('["$@1"]')) as Promise<unknown>[]
  assert.ok(unseen instanceof Promise)
  assert.equal(await there, 'there')
  await assert.rejects(missing!, incomplete)
})

test('objects stay the same over promises', async () => {
  const shared = { deep: [1] }
  const [given, first, second] = await send(shared, Promise.resolve({ again: shared.deep }), Promise.resolve(shared))
  assert.equal((await first).again, given.deep)
  assert.equal(await second, given)
})

test('a promise passed twice is one promise, and one of a promise has its value', async () => {
  const sent = Promise.resolve(7)
  const [one, two, nested] = await send(sent, sent, { inner: Promise.resolve({ sent }) })
  assert.equal(one, two)
  assert.equal(await (await nested.inner).sent, 7)
})

test('what looks like a promise is data', async () => {
  const [forged, promised] = (await decodeReply(
    formOf(['0', '[{"then":"x","status":"fulfilled","value":1},"$@1"]'], ['1', '{"then":{"then":1}}']),
  )) as any[]
  assert.deepEqual(forged, { then: 'x', status: 'fulfilled', value: 1 })
  assert.deepEqual(await promised, { then: { then: 1 } })
})

test('an async iterable is read again from the start, an async iterator once', async () => {
  const iterate = async function* (): AsyncGenerator<number, string> { yield 1; yield 2; return 'end' }
  const [iterable, iterator] = await send({ [Symbol.asyncIterator]: iterate }, iterate())
  assert.deepEqual([await readAll(iterable), await readAll(iterable)], [[1, 2], [1, 2]])
  const results = await Promise.all([iterator.next(), iterator.next(), iterator.next(), iterator.next()])
  assert.deepEqual(results.map(({ value }) => value), [1, 2, 'end', undefined])
  assert.equal(iterator[Symbol.asyncIterator](), iterator)
  assert.throws(() => iterator.next(1), TypeError)
})

test('who stops reading is done with it', async () => {
  const iterate = async function* (): AsyncGenerator<number> { yield 1; yield 2 }
  const [iterator, stream] = await send(iterate(), streamOf(1, 2, 3))
  for await (const item of iterator) {
    assert.equal(item, 1)
    break
  }
  assert.deepEqual(await iterator.next(), { done: true, value: undefined })
  const reader = stream.getReader()
  await reader.read()
  await reader.cancel('enough')
  assert.deepEqual(await reader.read(), { done: true, value: undefined })
})

test('an iterator is read once and is its own', async () => {
  const [values] = await send([1, 2][Symbol.iterator]())
  assert.equal(values[Symbol.iterator](), values)
  assert.deepEqual([[...values], [...values]], [[1, 2], []])
})

test('all kinds of binary data, views by the bytes that they see', async () => {
  const { buffer } = Uint8Array.from({ length: 64 }, (_, at) => at * 3)
  const kinds = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array, DataView] as any[]
  const views = kinds.map((View) => new View(buffer, 8, 2))
  const [whole, map, ...decoded] = await send<any[]>(buffer, new Map([['k', views[0]]]), ...views, new Float64Array(0))
  assert.deepEqual(whole, buffer)
  views.forEach((view, at) => assert.deepEqual(decoded[at], view, kinds[at].name))
  assert.equal(map.get('k'), decoded[0])
  assert.deepEqual(decoded[views.length], new Float64Array(0))
})

test('a byte stream can be read into one’s own buffer', async () => {
  const bytes = Uint8Array.from({ length: 5_000 }, (_, at) => at)
  const [stream, empty] = await send(
    new ReadableStream({ type: 'bytes', start: (it) => (it.enqueue(bytes.slice()), it.close()) }),
    new ReadableStream({ type: 'bytes', start: (it) => it.close() }),
  )
  const reader = stream.getReader({ mode: 'byob' })
  const got: number[] = []
  for (;;) {
    const { done, value } = await reader.read(new Uint8Array(999))
    if (done) break
    got.push(...value)
  }
  assert.deepEqual(got, [...bytes])
  assert.deepEqual(await readAll(empty), [])
})

test('a temporary reference can only go back, and is then the client’s own value', async () => {
  class Local {}
  const [call, element, instance] = [() => 1, Symbol('s'), new Local()]
  const temporaryReferences = react.createTemporaryReferenceSet!()
  const sent = await react.encodeReply!([call, { element }, new Map([['k', instance]])], { temporaryReferences })
  const [opaque, { element: second }, map] = (await decodeReply(sent)) as any[]
  for (const use of [() => opaque(), () => opaque.field, () => (opaque.field = 1), () => new opaque(), () => delete opaque.field]) {
    assert.throws(use, { code: 'errand::temporary-reference' })
  }
  assert.equal(await opaque, opaque)
  const rows = encodeResult({ opaque, list: [second, map.get('k'), opaque] })
  const result = await react.createFromReadableStream!(rows, {
    serverConsumerManifest: { moduleMap: manifest, serverModuleMap: manifest, moduleLoading: null },
    temporaryReferences,
  })
  assert.equal(result.opaque, call)
  assert.deepEqual(result.list, [element, instance, call])
})

test('a temporary reference means nothing to other clients, so no cache keeps it', async () => {
  const [opaque] = (await decodeReply('["$T"]')) as unknown[]
  const cache = new Cache()
  await assert.rejects(cache.set('key', { opaque }), { code: 'errand::unserializable' })
})
