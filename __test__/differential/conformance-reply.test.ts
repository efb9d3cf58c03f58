/**
 * The list of what React's format has to carry, as far as the server reads arguments: React's client encodes, in both
 * builds, and we decode, the whole body or part by part. Each test begins with its number in the list.
 *
 * | elsewhere | where |
 * | --- | --- |
 * | 18 to 20, 38, 40, 41, 63, 84 to 87, 89 | `conformance-call.test.ts` |
 * | 39 | nowhere: a warning of React's development build |
 * | 42 to 57, 90 | `conformance-form.test.ts` |
 * | 64 to 83, 88 | `conformance-flight.test.ts` |
 *
 * | ours differs | how |
 * | --- | --- |
 * | 1, 23, 27, 36 | the root is the list of arguments; anything else is no call, and refused |
 * | 12, 17 | true of React's encoder: such values never get here |
 * | 16 | part by part, React refuses what a suspended `lazy` sends late; we wait for it |
 * | 28 | a second root fails the call cleanly; React leaves a rejection that nobody handles |
 * | 60 | needs the option `depth`: by default 64 levels, which bounds the stack of whoever walks the values |
 * | 61, 86 | no budget of characters, so 10,000 strings of 100 are fine; we count values, references and bytes |
 */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createElement, lazy } from 'react'

import { decodeReply } from 'errand'

import { allBinary, byteStreamOf, bytesIn, formOf, partsOf, readAll, readIntoOwn, streamOf } from './parts.ts'
import { type Build, BUILDS, reactClient } from './react.ts'

type Body = string | FormData
type Decode = (body: Body, options?: Parameters<typeof decodeReply>[1]) => Promise<any>
type Send = (...args: unknown[]) => Promise<any[]>

const WAYS: Record<string, Decode> = {
  'as a whole': (body, options) => decodeReply(body, options),
  'part by part': (body, options) => decodeReply(partsOf(body), options),
}

const incomplete = { code: 'errand::reply-incomplete' }
const missing = { code: 'errand::reply-missing-part' }
const malformed = { code: 'errand::reply-malformed' }
const tooMuch = { code: 'errand::reply-too-much' }

/** Everything that a check may use of one way to send. */
interface Way {
  build: Build
  /** What we make of arguments that React's client sends. */
  send: Send
  decode: Decode
  encode(args: unknown, options?: object): Promise<Body>
}

/** A test for each way that a reply can take. */
function each(name: string, check: (way: Way) => Promise<void>): void {
  for (const build of BUILDS) {
    const encode: Way['encode'] = (args, options) => reactClient(build).encodeReply!(args, options) as Promise<Body>
    for (const [how, decode] of Object.entries(WAYS)) {
      const send: Send = async (...args) => decode(await encode(args))
      test(`${name} (${build}, ${how})`, () => check({ build, encode, decode, send }))
    }
  }
}

/** A test of bodies that somebody wrote by hand. */
function eachWay(name: string, check: (decode: Decode) => Promise<void>): void {
  for (const [how, decode] of Object.entries(WAYS)) test(`${name} (${how})`, () => check(decode))
}

each('1: undefined in arrays, and as a property that is removed', async ({ encode, decode, send }) => {
  await assert.rejects(decode(await encode(undefined)), malformed)
  assert.equal(await (await send(Promise.resolve(undefined)))[0], undefined)
  const [list, object, sparse] = await send([1, undefined, 2], { a: undefined, b: 1 }, [, 1])
  assert.deepStrictEqual([list, object, sparse], [[1, undefined, 2], { b: 1 }, [undefined, 1]])
  assert.ok(!('a' in object))
})

each('2: what can be iterated over arrives as an array', async ({ send }) => {
  const [items] = await send({ *[Symbol.iterator]() { yield 1; yield { a: 2 } } })
  assert.deepEqual([[...items], [...items]], [[1, { a: 2 }], [1, { a: 2 }]])
  assert.ok(Array.isArray(items))
})

each('3: an iterator arrives as one that is its own and is read once', async ({ send }) => {
  const [values] = await send([1, 2].values())
  assert.equal(values[Symbol.iterator](), values)
  assert.deepEqual([[...values], [...values]], [[1, 2], []])
})

each('4: the odd numbers, to the bit', async ({ send }) => {
  const numbers = [0, -0, Infinity, -Infinity, NaN, 1e21, 5e-324, Number.MAX_VALUE, 2 ** 53 + 2]
  for (const [at, number] of (await send(...numbers)).entries()) assert.ok(Object.is(number, numbers[at]), `${number}`)
})

each('5: a BigInt larger than 2^53', async ({ send }) => {
  const numbers = [2n ** 53n + 1n, -(10n ** 200n), 0n]
  assert.deepEqual(await send(...numbers), numbers)
})

each('6: a form with keys that occur again and a file with a name', async ({ send }) => {
  const form = formOf(['a', '1'], ['b', '2'], ['a', '3'], ['f', new File(['x'], 'n.txt', { type: 'text/plain' })], ['b', '4'])
  const [it] = await send(form)
  assert.notEqual(it, form)
  assert.equal([...it].length, 5)
  assert.deepEqual([...it.keys()], ['a', 'b', 'a', 'f', 'b'])
  assert.deepEqual([it.getAll('a'), it.getAll('b')], [['1', '3'], ['2', '4']])
  const file = it.get('f')
  assert.deepEqual([file.name, file.type, await file.text()], ['n.txt', 'text/plain', 'x'])
})

each('7: several Blobs under one key, and one without a name is called blob', async ({ send }) => {
  const form = formOf(['k', new Blob(['one'], { type: 'x/y' })], ['k', new Blob(['two'], { type: 'x/z' })])
  const [it] = await send(form)
  const files = it.getAll('k') as File[]
  assert.deepEqual(files.map(({ name, type }) => [name, type]), [['blob', 'x/y'], ['blob', 'x/z']])
  assert.deepEqual(await Promise.all(files.map((file) => file.text())), ['one', 'two'])
})

each('8: two forms with the same keys have their own entries', async ({ send }) => {
  const [one, two] = await send(formOf(['k', '1'], ['l', '2']), formOf(['k', '3']))
  assert.deepEqual([[...one], [...two]], [[['k', '1'], ['l', '2']], [['k', '3']]])
})

each('9: a date to the millisecond, and far from now', async ({ send }) => {
  const dates = [1_234_567_890_123, -62_198_755_200_001, 8.64e15].map((time) => new Date(time))
  assert.deepEqual(await send(...dates), dates)
  assert.deepEqual(await send(new Date(NaN)), [null])
})

each('10: a Map with text and objects as keys', async ({ send }) => {
  const key = { k: 1 }
  const [map, again] = await send(new Map<unknown, unknown>([['a', 1], [key, new Map()]]), key)
  assert.deepEqual([...map], [['a', 1], [{ k: 1 }, new Map()]])
  assert.ok(map.has(again))
})

each('11: a Set with text and an object', async ({ send }) => {
  const value = { a: 1 }
  const [set, again] = await send(new Set(['hi', value]), value)
  assert.deepEqual([...set], ['hi', { a: 1 }])
  assert.ok(set.has(again))
})

each('12: objects without a prototype are refused by React before they are sent', async ({ send }) => {
  await assert.rejects(send(Object.create(null)), /Only plain objects|Classes or null prototypes/)
})

each('13: a body without anything fails at once', async ({ decode }) => {
  await assert.rejects(decode(new FormData()), missing)
})

each('14: the value of a promise', async ({ send }) => {
  const later = new Promise((resolve) => setTimeout(resolve, 2, { late: [1n] }))
  const [given, waited] = await send(Promise.resolve('v'), later)
  assert.deepEqual([await given, await waited], ['v', { late: [1n] }])
})

each('15: what React.lazy has loaded arrives in its place', async ({ send }) => {
  const loaded = { a: [1] }
  const it: any = lazy(() => ({ then: (done: (module: unknown) => void) => done({ default: loaded }) }) as any)
  it._init(it._payload)
  assert.deepEqual(await send(it, { it }), [{ a: [1] }, { it: { a: [1] } }])
})

each('16: what React.lazy loads while it is sent arrives too', async ({ send }) => {
  const it = lazy(() => new Promise<any>((resolve) => setTimeout(resolve, 2, { default: { a: [1] } })))
  assert.deepEqual(await send(it, 1), [{ a: [1] }, 1])
})

each('17: an element is refused by React before it is sent', async ({ send }) => {
  await assert.rejects(send(createElement('p')), /React Element cannot be passed|React elements/i)
})

each('21: two streams side by side', async ({ send }) => {
  const slow = (name: string): ReadableStream => {
    let at = 0
    return new ReadableStream({
      async pull(it) {
        await new Promise((resolve) => setTimeout(resolve))
        if (++at > 3) it.close()
        else it.enqueue({ [name]: at })
      },
    })
  }
  const [one, two] = await send(slow('a'), slow('b'))
  assert.deepEqual(await Promise.all([readAll(one), readAll(two)]), [[{ a: 1 }, { a: 2 }, { a: 3 }], [{ b: 1 }, { b: 2 }, { b: 3 }]])
})

each('22: an async iterable is read from the start each time, an iterator once', async ({ send }) => {
  const iterate = async function* (): AsyncGenerator<unknown, unknown> { yield 'a'; yield { b: 1n }; return 'end' }
  const [iterable, iterator] = await send({ [Symbol.asyncIterator]: iterate }, iterate())
  for (let time = 0; time < 2; time++) {
    const own = iterable[Symbol.asyncIterator]()
    assert.deepEqual(await Promise.all([own.next(), own.next(), own.next(), own.next()]), [
      { done: false, value: 'a' },
      { done: false, value: { b: 1n } },
      { done: true, value: 'end' },
      { done: true, value: undefined },
    ])
  }
  assert.notEqual(iterable[Symbol.asyncIterator](), iterable)
  assert.equal(iterator[Symbol.asyncIterator](), iterator)
  assert.deepEqual(await readAll(iterator), ['a', { b: 1n }])
  assert.deepEqual(await iterator.next(), { done: true, value: undefined })
  assert.throws(() => iterator.next('sent'), TypeError)
})

each('23: an object that contains itself', async ({ send }) => {
  const cycle: Record<string, unknown> = { deep: {} }
  cycle.self = cycle
  ;(cycle.deep as any).up = cycle
  const [it] = await send(cycle)
  assert.equal(it.self, it)
  assert.equal(it.deep.up, it)
})

each('24: a list that contains itself, and an element that occurs twice', async ({ send }) => {
  const element = { x: 1 }
  const list: unknown[] = [element, element]
  list.push(list)
  const [it] = await send(list)
  const root = await send(...list)
  assert.equal(root[0], root[2][0])
  assert.equal(it[0], it[1])
  assert.equal(it[2], it)
})

each('25: who aborts sends what there is, and that can be used', async ({ encode, decode }) => {
  const abort = new AbortController()
  setTimeout(() => abort.abort(), 2)
  const [there, never, form] = await decode(await encode([Promise.resolve({ a: 1 }), new Promise(() => {}), formOf(['k', 'v'])], { signal: abort.signal }))
  assert.deepEqual(await there, { a: 1 })
  assert.deepEqual([...form], [['k', 'v']])
  await assert.rejects(never, incomplete)
})

eachWay('26: text is no Blob', async (decode) => {
  await assert.rejects(decode(formOf(['1', '"text"'], ['0', '["$B1"]'])), missing)
  await assert.rejects(decode(formOf(['_1_k', 'text'], ['0', '["$B1"]'])), (error: any) => /^errand::reply-/.test(error.code))
})

each('27: a small object', async ({ send }) => {
  assert.deepEqual(await send({ hello: 'world' }), [{ hello: 'world' }])
})

eachWay('28: a second root fails the call, and nothing else', async (decode) => {
  const escaped: unknown[] = []
  const onUnhandled = (error: unknown): void => void escaped.push(error)
  process.on('unhandledRejection', onUnhandled)
  // Part by part the arguments may be there before it: then it is what is open in them that fails.
  const failed = decode(formOf(['0', '["$@1"]'], ['0', '["$@1"]'])).then(([promise]) => promise)
  await assert.rejects(failed, { code: 'errand::reply-duplicate-part' })
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', onUnhandled)
  assert.deepEqual(escaped, [])
})

each('29: all kinds of binary data, views by the bytes that they see', async ({ send }) => {
  const sent = allBinary()
  assert.deepEqual((await send(...sent)).map(bytesIn), sent.map(bytesIn))
})

each('30: a typed array as a value of a Map', async ({ send }) => {
  const [map] = await send(new Map([['k', new Uint16Array([1, 65_535])]]))
  assert.deepEqual(map.get('k'), new Uint16Array([1, 65_535]))
})

each('31: a Blob by its contents and its size', async ({ send }) => {
  const [blob, empty] = await send(new Blob(['é', new Uint8Array([0, 255])], { type: 'x/y' }), new Blob([], { type: 'x/y' }))
  assert.deepEqual([...new Uint8Array(await blob.arrayBuffer())], [0xc3, 0xa9, 0, 255])
  assert.deepEqual([blob.size, blob.type, empty.size], [4, 'x/y', 0])
})

each('32: a file in a form keeps its name', async ({ send }) => {
  const [form, file] = await send(formOf(['f', new File(['x'], 'ü "q".png', { type: 'image/png' })]), new File(['y'], 'own.txt', { type: 'x/y' }))
  assert.equal(form.get('f').name, 'ü "q".png')
  assert.deepEqual([file.name, file.type, await file.text()], ['own.txt', 'x/y', 'y'])
})

each('33: a stream of typed arrays', async ({ send }) => {
  const views = allBinary()
  const [stream] = await send(streamOf(...views, 'text', { view: views[1] }))
  const items = await readAll(stream)
  assert.deepEqual(items.slice(0, views.length).map(bytesIn), views.map(bytesIn))
  assert.equal(items[views.length], 'text')
  assert.deepEqual(bytesIn(items.at(-1).view), bytesIn(views[1]))
})

each('34: a stream of bytes can be read into one’s own buffer', async ({ send }) => {
  const bytes = Uint8Array.from({ length: 5_000 }, (_, at) => at)
  const [stream] = await send(byteStreamOf(bytes.subarray(0, 1), bytes.subarray(1, 4_000), bytes.subarray(4_000)))
  assert.deepEqual(new Uint8Array(await readIntoOwn(stream)), bytes)
})

eachWay('35: a stream whose end is missing says what came, then fails', async (decode) => {
  const [stream, iterable] = await decode(formOf(['0', '["$R1","$X2"]'], ['S1', '"a"'], ['S2', '1'], ['S1', '{"b":1}']))
  const reader = stream.getReader()
  assert.deepEqual([(await reader.read()).value, (await reader.read()).value], ['a', { b: 1 }])
  await assert.rejects(reader.read(), incomplete)
  const iterator = iterable[Symbol.asyncIterator]()
  assert.equal((await iterator.next()).value, 1)
  await assert.rejects(iterator.next(), incomplete)
})

each('36: a promise that was aborted before it had a value fails', async ({ encode, decode }) => {
  const abort = new AbortController()
  const encoded = encode([new Promise(() => {})], { signal: abort.signal })
  abort.abort()
  await assert.rejects((await decode(await encoded))[0], incomplete)
})

for (const build of BUILDS) {
  test(`37: the arguments are there before what comes later, with their keys in order (${build})`, async () => {
    let settle!: (value: unknown) => void
    const body = reactClient(build).encodeReply!([{ z: 1, late: new Promise((resolve) => (settle = resolve)), a: new Set([2]) }]) as Promise<FormData>
    settle('now')
    const parts = [...(await body)] as [string, string][]
    const late = parts.findIndex(([, value]) => value === '"now"')
    assert.ok(late === parts.length - 1, 'it is the last part')
    let go!: () => void
    const gate = new Promise<void>((resolve) => (go = resolve))
    const [given] = (await decodeReply((async function* () {
      yield* parts.slice(0, late)
      await gate
      yield* parts.slice(late)
    })())) as any[]
    assert.deepEqual(Object.keys(given), ['z', 'late', 'a'])
    assert.deepEqual(given.a, new Set([2]))
    go()
    assert.equal(await given.late, 'now')
  })
}

eachWay('58: a BigInt of 301 digits is refused, one of 300 is not', async (decode) => {
  await assert.rejects(decode(`["$n${'9'.repeat(301)}"]`), tooMuch)
  await assert.rejects(decode(`["$n-${'9'.repeat(300)}"]`), tooMuch)
  assert.deepEqual(await decode(`["$n${'9'.repeat(300)}","$n-${'9'.repeat(299)}"]`), [10n ** 300n - 1n, 1n - 10n ** 299n])
})

eachWay('59: 1,001 bound arguments are refused', async (decode) => {
  const bound = (count: number): FormData => formOf(['2', '{"id":"f","bound":"$@1"}'], ['0', '["$h2"]'], ['1', JSON.stringify(Array(count).fill(1))])
  await assert.rejects(decode(bound(1_001)), tooMuch)
  // Nobody knows the function here: that is asked last.
  await assert.rejects(decode(bound(1_000)), { code: 'errand::unknown-action' })
})

eachWay('60: lists nested in 1,000 levels', async (decode) => {
  const deep = '['.repeat(1_000) + ']'.repeat(1_000)
  let [list] = await decode(deep, { limits: { depth: 1_000 } })
  for (let level = 2; level < 1_000; level++) [list] = list
  assert.deepEqual(list, [])
  await assert.rejects(decode(deep), tooMuch)
})

each('61: ordinary large data', async ({ send, encode, decode }) => {
  const records = Array.from({ length: 1_000 }, (_, id) => ({ id, name: `record ${id}`, tags: ['a', 'b'] }))
  const texts = Array.from({ length: 50 }, () => 'x'.repeat(5_000))
  const text = { text: 'y'.repeat(100_000) }
  assert.deepEqual(await send(records, texts, text), [records, texts, text])
  const many = Array.from({ length: 10_000 }, () => 'z'.repeat(100))
  const limits = { body: '2mb', arguments: 10_000 }
  assert.deepEqual(await decode(await encode(many), { limits }), many)
  await assert.rejects(decode(await encode(many), { limits: { body: '2mb' } }), tooMuch)
})

eachWay('62: errors tell nothing of the server, and repeat nothing', async (decode) => {
  const secret = 'a/secret/path.ts'
  const bodies = [`["$Q${secret}"]`, `{"${secret}`, `["$1:${secret}:no"]`, `["$n${secret}"]`, `["$h1"]`]
  for (const body of bodies) {
    await assert.rejects(decode(formOf(['1', `{"${secret}":1}`], ['0', body])), (error: Error) => {
      assert.doesNotMatch(error.message, /secret|node_modules|\.(ts|js|rs)\b|\/(home|tmp|usr)\//)
      return true
    })
  }
})

eachWay('91: half a character stays half a character', async (decode) => {
  const react = reactClient('production')
  const halves = ['\ud800', { '\udc00': 'x\ud83d' }, new Map([['\ude00', new Set(['\ud800\ud800'])]]), Promise.resolve('\udfff')]
  const [text, object, map, promise] = await decode((await react.encodeReply!(halves)) as Body)
  assert.deepEqual([text, object], ['\ud800', { '\udc00': 'x\ud83d' }])
  assert.deepEqual([...map.get('\ude00')], ['\ud800\ud800'])
  assert.equal(await promise, '\udfff')
})

each('92: ids from 10 and from 16 on, for every tag', async ({ send }) => {
  const shared = { k: 1 }
  const kinds = (): unknown[] => [
    Promise.resolve(shared), new Map([['k', shared]]), new Set([shared]), [shared].values(), formOf(['k', 'v']), new Blob(['b'], { type: 'x/y' }),
    streamOf(shared), byteStreamOf(new Uint8Array([7])), { async *[Symbol.asyncIterator]() { yield shared } }, (async function* () { yield shared })(),
    ...allBinary(),
  ]
  const [given, ...many] = await send(shared, ...Array.from({ length: 3 }, kinds))
  for (const [promise, map, set, iterator, form, blob, stream, bytes, iterable, asyncIterator, ...binary] of many) {
    assert.equal(await promise, given)
    assert.equal(map.get('k'), given)
    assert.ok(set.has(given))
    assert.equal([...iterator][0], given)
    assert.deepEqual([...form], [['k', 'v']])
    assert.equal(await blob.text(), 'b')
    for (const it of [stream, iterable, asyncIterator]) assert.deepEqual(await readAll(it), [given])
    assert.deepEqual([...(await readIntoOwn(bytes))], [7])
    assert.deepEqual(binary.map(bytesIn), allBinary().map(bytesIn))
  }
})
