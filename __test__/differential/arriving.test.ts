/** Replies that are decoded while their parts arrive: React's client encodes, in both builds. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { decodeReply } from 'errand'

import { formOf, type Part, partsOf } from './parts.ts'
import { BUILDS, reactClient } from './react.ts'
import { generate, picture, random, ROOMY, seeds } from './values.ts'

const RUNS = 2_000
const incomplete = { code: 'errand::reply-incomplete' }

/** Parts that one sends by hand. */
class Wire implements AsyncIterable<Part> {
  readonly #sent: Part[] = []
  #wake = (): void => {}
  #end: { error?: unknown } | undefined
  isStopped = false

  async send(...parts: Part[]): Promise<void> {
    this.#sent.push(...parts)
    this.#wake()
    await new Promise((resolve) => setImmediate(resolve)) // until it has been decoded
  }

  end(error?: unknown): void {
    this.#end = error === undefined ? {} : { error }
    this.#wake()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Part> {
    try {
      for (;;) {
        const part = this.#sent.shift()
        if (part) yield part
        else if (this.#end && 'error' in this.#end) throw this.#end.error
        else if (this.#end) return
        else await new Promise<void>((resolve) => (this.#wake = resolve))
      }
    } finally {
      this.isStopped = true
    }
  }
}

for (const build of BUILDS) {
  test(`what React's client (${build}) encodes arrives part by part`, async () => {
    const kinds = { tagged: true, files: true, binary: true, live: true, shared: true }
    for (const seed of seeds(RUNS)) {
      const args = (): unknown[] => [generate(random(seed), kinds), generate(random(-seed), kinds)]
      const body = await reactClient(build).encodeReply!(args())
      const decoded = await decodeReply(partsOf(body), { limits: ROOMY })
      const identity = { identity: false }
      assert.deepStrictEqual(await picture(decoded, identity), await picture(args(), identity), `seed ${seed}`)
    }
  })
}

test('the arguments are there before what comes later', async () => {
  const wire = new Wire()
  const decoding = decodeReply(wire)
  await wire.send(['1', '[["k","$@2"]]'], ['_3_a', 'b'], ['0', '["$Q1","$K3","$R4","$X5",{"x":1}]'])
  const [map, form, stream, iterable, given] = (await decoding) as any[]
  assert.deepEqual([...form], [['a', 'b']])
  const reader = stream.getReader()
  const first = reader.read()
  await wire.send(['S4', '"$0:4"'])
  assert.equal((await first).value, given)
  await wire.send(['2', '{"again":"$0:4"}'], ['S5', '7'], ['S4', 'C'])
  assert.equal((await map.get('k')).again, given)
  assert.deepEqual(await reader.read(), { done: true, value: undefined })
  const iterator = iterable[Symbol.asyncIterator]()
  assert.deepEqual(await iterator.next(), { done: false, value: 7 })
  await wire.send(['S5', 'C"r"'])
  assert.deepEqual(await iterator.next(), { done: true, value: 'r' })
  assert.ok(wire.isStopped, 'nothing is open: nobody reads on')
})

test('the arguments wait for those that are bound to a function among them, and for the root', async () => {
  const wire = new Wire()
  let isThere = false
  // That it is asked for means that its bound arguments have come; here nobody knows it.
  const refused = assert.rejects(decodeReply(wire).finally(() => (isThere = true)), { code: 'errand::unknown-action' })
  await wire.send(['2', '{"id":"f","bound":"$@1"}'], ['0', '["$h2"]'])
  assert.ok(!isThere)
  await wire.send(['1', '[1]'])
  await refused
})

test('what the user does to the arguments changes nothing of what comes', async () => {
  const wire = new Wire()
  const decoding = decodeReply(wire)
  await wire.send(['0', '[{"list":[{"n":0},{"n":1}],"a b":{}},"$@1"]'])
  const [given, promised] = (await decoding) as any[]
  const [zero, one] = given.list
  given.list.reverse()
  given['a b'] = 'gone'
  delete given.list
  await wire.send(['1', '["$0:0:list:0","$0:0:list:1","$0:0:a b","$0:0:list"]'])
  const again = await promised
  assert.equal(again[0], zero)
  assert.equal(again[1], one)
  assert.deepEqual(again[2], {})
  assert.deepEqual(again[3], [one, zero], 'the same list, as the user has made it')
})

test('a cut connection ends what is open, behind what came', async () => {
  const wire = new Wire()
  const decoding = decodeReply(wire)
  await wire.send(['0', '["$@1","$R2","$X3","$@4"]'], ['S2', '1'], ['4', '"there"'])
  const [promise, stream, iterable, settled] = (await decoding) as any[]
  const waiting = iterable[Symbol.asyncIterator]().next()
  const cause = new Error('ECONNRESET')
  wire.end(cause)
  await assert.rejects(promise, { ...incomplete, cause })
  await assert.rejects(waiting, { ...incomplete, cause })
  const reader = stream.getReader()
  assert.deepEqual(await reader.read(), { done: false, value: 1 })
  await assert.rejects(reader.read(), { ...incomplete, cause })
  assert.equal(await settled, 'there')
})

test('a cut connection before the arguments is their error', async () => {
  const wire = new Wire()
  const decoding = decodeReply(wire)
  await wire.send(['1', '[]'])
  wire.end(new Error('ECONNRESET'))
  await assert.rejects(decoding, incomplete)
  await assert.rejects(decodeReply(partsOf(new FormData())), { code: 'errand::reply-missing-part' })
})

test('an end without what was announced is one as well', async () => {
  const wire = new Wire()
  const decoding = decodeReply(wire)
  await wire.send(['0', '["$@1","$r2"]'])
  const [promise, stream] = (await decoding) as any[]
  wire.end()
  await assert.rejects(promise, incomplete)
  await assert.rejects(stream.getReader({ mode: 'byob' }).read(new Uint8Array(1)), incomplete)
})

test('what comes later and is damaged fails all that is open, and nothing is read on', async () => {
  for (const [name, value] of [['1', '{'], ['S2', '"$Q9x"'], ['1', '["$0:9"]'], ['S1', '1'], ['nonsense', ''], ['0', '[]'], ['1', '"$@1"']] as Part[]) {
    const wire = new Wire()
    const decoding = decodeReply(wire)
    await wire.send(['0', '["$@1","$R2","$@3"]'])
    const [promise, stream] = (await decoding) as any[]
    await wire.send([name, value])
    await assert.rejects(promise, /reply|part/)
    await assert.rejects(stream.getReader().read(), /reply|part/)
    await wire.send()
    assert.ok(wire.isStopped)
  }
})

test('whoever aborts reads no further, and what is open fails with the reason', async () => {
  const wire = new Wire()
  const abort = new AbortController()
  const decoding = decodeReply(wire, { signal: abort.signal })
  await wire.send(['0', '["$@1","$R2"]'])
  const [promise, stream] = (await decoding) as any[]
  const reason = new Error('the action is done')
  abort.abort(reason)
  await assert.rejects(promise, reason)
  await assert.rejects(stream.getReader().read(), reason)
  await assert.rejects(decodeReply(new Wire(), { signal: AbortSignal.abort(reason) }), reason)
})

test('each limit of what arrives is an option', async () => {
  const cases: [object, string[], string[]][] = [
    [{ parts: 2 }, ['"$W1"'], ['"$W1"', '"$W2"']],
    [{ live: 1 }, ['"$@3"', '"$@3"'], ['"$@3"', '"$X4"']],
  ]
  for (const [limits, fine, tooMuch] of cases) {
    const send = (tags: string[]): Promise<unknown[]> =>
      decodeReply(partsOf(formOf(['0', `[${tags}]`], ...tags.filter((tag) => tag[2] === 'W').map((_, at) => [`${at + 1}`, '[]'] as const))), { limits })
    assert.equal((await send(fine)).length, fine.length)
    await assert.rejects(send(tooMuch), { code: 'errand::reply-too-much' })
  }
  const [iterable] = (await decodeReply(partsOf(formOf(['0', '["$X1"]'], ['S1', '1'], ['S1', '2'])), { limits: { events: 1 } })) as any[]
  const iterator = iterable[Symbol.asyncIterator]()
  assert.equal((await iterator.next()).value, 1)
  await assert.rejects(iterator.next(), { code: 'errand::reply-too-much' })
})

test('limits hold over all that arrives', async () => {
  const wire = new Wire()
  const decoding = decodeReply(wire, { limits: { nodes: 6 } })
  await wire.send(['0', '["$R1"]'])
  const [stream] = (await decoding) as any[]
  const reader = stream.getReader()
  for (let at = 0; at < 4; at++) {
    await wire.send(['S1', `${at}`])
    assert.equal((await reader.read()).value, at)
  }
  await wire.send(['S1', '4'])
  await assert.rejects(reader.read(), { code: 'errand::reply-too-much' })
})
