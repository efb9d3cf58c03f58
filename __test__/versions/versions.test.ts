/** React's clients from 19.0 to 19.3 call a server of ours, and read what it says. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { decodeReply, encodeResult } from 'errand'

import { generate, picture, random, seeds } from '../differential/values.ts'
import { type Running, serve, wireBody } from '../server/host.ts'
import { clientOf, RELEASES } from './clients.ts'

const RUNS = 100
const plain = { identity: false }
/** React's client knows no names of files. */
const unnamed = { identity: false, fileNames: false }

/** The releases before the repair of December 2025. */
const OLDEST = /^19\.(0\.[01]|1\.[012]|2\.[01])$/

/** The table, as `crates/wire/src/reply/versions.rs` has it: what the first release of each span writes. */
const SPELLINGS: Record<string, readonly [reference: string, field: string, event: string]> = {
  '19.0.0': ['$F', '1_key', '1'],
  '19.0.2': ['$h', '1_key', '1'],
  '19.0.6': ['$h', '_1_key', '1'],
  '19.0.9': ['$h', '_1_key', 'S1'],
  '19.1.0': ['$F', '1_key', '1'],
  '19.1.4': ['$h', '1_key', '1'],
  '19.1.7': ['$h', '_1_key', '1'],
  '19.1.10': ['$h', '_1_key', 'S1'],
  '19.2.0': ['$F', '1_key', '1'],
  '19.2.2': ['$h', '1_key', '1'],
  '19.2.6': ['$h', '_1_key', '1'],
  '19.2.9': ['$h', '_1_key', 'S1'],
  '19.3.0': ['$h', '_1_key', '1'],
  '19.3.1': ['$h', '_1_key', 'S1'],
}

const actions = {
  read: () => async (input: any) => {
    const chunks: unknown[] = []
    for await (const item of input.stream) chunks.push(item)
    const bytes: number[] = []
    for await (const chunk of input.bytes) bytes.push(...chunk)
    const items: unknown[] = []
    for await (const item of input.iterable) items.push(item)
    const { call, by } = await input.promise
    return { chunks, bytes, items, form: [...input.form], called: await call(by) }
  },
  sum: () => async (...numbers: number[]) => numbers.reduce((sum, n) => sum + n, 0),
}

let server: Running
before(async () => (server = await serve({ actions })))
after(() => server.close())

assert.equal(RELEASES.length, 23, 'all clients are installed')

for (const release of RELEASES) {
  const react = clientOf(release)
  const encode: (args: unknown) => Promise<string | FormData> = react.encodeReply!

  async function call(id: string, args: unknown[]): Promise<any> {
    const { body, contentType } = await wireBody(await encode(args))
    const sent = await server.send({ headers: { 'content-type': contentType, 'errand-action': id }, body })
    assert.equal(sent.status, 200, sent.text)
    return (await react.createFromReadableStream!(new Blob([sent.text]).stream(), { callServer: call })).a
  }

  const sum = react.createServerReference!('sum', call)

  if (SPELLINGS[release]) {
    test(`${release} writes what the table says of it`, async () => {
      const form = new FormData()
      form.append('key', 'value')
      const stream = new ReadableStream({ start: (it) => it.close() })
      const names = async (value: unknown): Promise<string[]> => [...((await encode([value])) as FormData).keys()]
      const { 0: root = '' } = Object.fromEntries((await encode([sum])) as FormData) as Record<string, string>
      const [field = ''] = await names(form)
      const [, event = ''] = await names(stream)
      assert.deepEqual([root.slice(2, 4), field, event], SPELLINGS[release])
    })
  }

  test(`an action reads all that the client of ${release} can send`, async () => {
    const form = new FormData()
    for (const name of ['one', 'two', 'one']) form.append(name, `${name} ${release}`)
    const result = await call('read', [
      {
        stream: new ReadableStream({ start: (it) => (it.enqueue('a'), it.enqueue({ b: 1n }), it.close()) }),
        bytes: new ReadableStream({ type: 'bytes', start: (it) => (it.enqueue(new Uint8Array([1, 2])), it.close()) }),
        iterable: (async function* () { yield new Map([['k', 1]]) })(),
        form,
        promise: Promise.resolve({ call: sum, by: 21 }),
      },
    ])
    assert.deepEqual(result, {
      chunks: ['a', { b: 1n }],
      bytes: [1, 2],
      items: [new Map([['k', 1]])],
      form: [...form],
      called: 21,
    })
    assert.equal(await sum(20, 22), 42)
  })

  test(`we decode what the client of ${release} encodes, whole and part by part`, async () => {
    const kinds = { tagged: true, files: true, binary: true, live: true }
    for (const seed of seeds(RUNS)) {
      const args = (): unknown[] => [generate(random(seed), kinds), generate(random(-seed), kinds)]
      const expected = await picture(args(), plain)
      const whole = await encode(args())
      const pieces = await encode(args())
      assert.deepStrictEqual(await picture(await decodeReply(whole), plain), expected, `seed ${seed}`)
      assert.deepStrictEqual(await picture(await decodeReply(partsOf(pieces)), plain), expected, `seed ${seed}, in parts`)
    }
  })

  test(`the client of ${release} decodes what we encode`, async () => {
    for (const seed of seeds(RUNS)) {
      const value = generate(random(seed), { tagged: true, files: true, binary: true, shared: true })
      const decoded = await react.createFromReadableStream!(encodeResult(value), {})
      assert.deepStrictEqual(await picture(decoded, unnamed), await picture(value, unnamed), `seed ${seed}`)
    }
    const live = (): unknown => ({
      later: Promise.resolve(new Map([['k', 1n]])),
      stream: new ReadableStream({ start: (it) => (it.enqueue('a'), it.enqueue({ b: new Set([1]) }), it.close()) }),
      iterable: (async function* () { yield [undefined]; return 'end' })(),
      iterator: [1, 2].values(),
    })
    const decoded = await react.createFromReadableStream!(encodeResult(live()), {})
    assert.deepStrictEqual(await picture(decoded, unnamed), await picture(live(), unnamed))
  })

  test(`the client of ${release} and functions in results`, async () => {
    const reference = Object.assign(() => {}, { $$typeof: Symbol.for('react.server.reference'), $$id: 'sum', $$bound: null })
    const decoding = react.createFromReadableStream!(encodeResult({ add: reference }), { callServer: call })
    if (OLDEST.test(release)) {
      // It knows `$F`, and to it the `$h` that all others know is a row that never comes.
      await assert.rejects(decoding, /Connection closed/)
    } else {
      assert.equal(await (await decoding).add(20, 22), 42)
    }
  })
}

async function* partsOf(body: string | FormData): AsyncGenerator<readonly [string, string | Blob]> {
  if (typeof body === 'string') yield ['0', body]
  else yield* body
}
