import assert from 'node:assert/strict'
import { test } from 'node:test'

import { decodeResult } from '../../npm/client/index.ts'
import { BUILDS, reactServer, type Build } from './react.ts'
import { generate, picture, random, seeds } from './values.ts'

const RUNS = 2_000

const encoder = new TextEncoder()

/** React's bytes for `value`. */
async function encode(build: Build, value: unknown, onError: (error: any) => unknown = () => 'digest'): Promise<Uint8Array> {
  const stream = reactServer(build).renderToReadableStream!(value, {}, { onError }) as ReadableStream
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

/** `bytes` in pieces of `size`. */
function inPieces(bytes: Uint8Array | string, size = Infinity): ReadableStream<Uint8Array> {
  const all = typeof bytes === 'string' ? encoder.encode(bytes) : bytes
  let at = 0
  return new ReadableStream({
    pull(controller) {
      if (at >= all.length) controller.close()
      else controller.enqueue(all.slice(at, (at += Math.min(size, all.length))))
    },
  })
}

for (const build of BUILDS) {
  test(`we decode what React (${build}) encodes`, async () => {
    const { registerServerReference } = reactServer(build)
    const createReference = (id: string, bound: unknown[] | null): unknown => {
      const action = registerServerReference!(() => {}, id, null)
      return bound ? action.bind(null, ...bound) : action
    }
    const kinds = { tagged: true, files: true, binary: true, live: true, shared: true, createReference }
    for (const seed of seeds(RUNS)) {
      const value = (): unknown => [generate(random(seed), kinds, 5)] // a promise as the root would be awaited
      const bytes = await encode(build, value())
      const decoded = await decodeResult(inPieces(bytes, 1 + (seed % 7 ? seed : 0)))
      const identity = { identity: false }
      const arrived = arriving(build, await picture(decoded, identity))
      assert.deepStrictEqual(arrived, arriving(build, await picture(value(), identity)), `seed ${seed}`)
    }
  })

  test(`promises of React (${build}) settle on their own`, async () => {
    const shared = { deep: { x: 1 } }
    const value = {
      a: Promise.resolve({ shared, again: shared.deep }),
      b: Promise.resolve(shared),
      c: Promise.reject(new Error('secret')),
      d: Promise.resolve(undefined),
      e: Promise.resolve('x'.repeat(3000)),
    }
    const decoded = (await decodeResult(inPieces(await encode(build, value)))) as any
    const a = await decoded.a
    assert.equal(a.shared.deep, a.again)
    assert.equal(await decoded.b, a.shared)
    assert.equal(await decoded.d, undefined)
    assert.equal(await decoded.e, 'x'.repeat(3000))
    await assert.rejects(decoded.c, (error: any) => {
      assert.equal(error.digest, 'digest')
      assert.equal(error.message, build === 'production' ? 'The action failed' : 'secret')
      return true
    })
  })

  test(`cycles of React (${build}) come out as cycles`, async () => {
    const cycle: any = { list: [] }
    cycle.list.push(cycle)
    const map = new Map<string, any>()
    cycle.map = map
    map.set('cycle', cycle)
    map.set('self', map)
    const decoded = (await decodeResult(inPieces(await encode(build, { cycle, first: Promise.resolve(cycle) })))) as any
    assert.equal(decoded.cycle.list[0], decoded.cycle)
    assert.equal(decoded.cycle.map.get('cycle'), decoded.cycle)
    assert.equal(await decoded.first, decoded.cycle)
  })

  test(`binary data of React (${build}) comes out as it was`, async () => {
    const views = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array, DataView]
    const buffer = Uint8Array.from({ length: 48 }, (_, at) => at * 5).buffer
    const value = [buffer, ...views.map((View) => new (View as Int8ArrayConstructor)(buffer, 8, 2))]
    const decoded = (await decodeResult(inPieces(await encode(build, value), 5))) as any[]
    assert.deepEqual(new Uint8Array(decoded[0]), new Uint8Array(buffer))
    views.forEach((View, at) => {
      const it = decoded[at + 1]
      assert.ok(it instanceof View)
      const size = View === DataView ? 2 : 2 * (View as any).BYTES_PER_ELEMENT
      assert.deepEqual(new Uint8Array(it.buffer), new Uint8Array(buffer.slice(8, 8 + size)))
    })
  })

  test(`an Error value of React (${build}) is an Error, a symbol is a symbol`, async () => {
    const decoded = (await decodeResult(inPieces(await encode(build, [new TypeError('m', { cause: 1 }), Symbol.for('s'), [1, 2].values()])))) as any[]
    assert.ok(decoded[0] instanceof Error)
    if (build === 'development') assert.deepEqual([decoded[0].name, decoded[0].message], ['TypeError', 'm'])
    assert.equal(decoded[1], Symbol.for('s'))
    assert.deepEqual([...decoded[2]], [1, 2])
  })

  test(`what only React can read (${build}) is refused, and nothing else with it`, async () => {
    const element = { $$typeof: Symbol.for('react.transitional.element'), type: 'p', key: null, ref: null, props: {}, _store: {}, _debugStack: new Error('here'), _debugTask: null }
    for (const value of [element, [element], new Map([['k', element]])]) {
      const decoded = (await decodeResult(inPieces(await encode(build, { no: Promise.resolve([value]), yes: Promise.resolve(1) })))) as any
      await assert.rejects(decoded.no, { code: 'errand::unsupported-result' })
      assert.equal(await decoded.yes, 1)
    }
  })
}

/**
 * Of a picture, what React sends: no names of files, and in development no iterator's items for sure. Its tools read those
 * of a promise's value, and then nothing is left.
 */
function arriving(build: Build, it: any): unknown {
  if (Array.isArray(it)) return it.map((inner) => arriving(build, inner))
  if (typeof it !== 'object' || it === null) return it
  if (typeof it.type === 'string' && 'text' in it) return { type: it.type, text: it.text }
  if ('iterator' in it && build === 'development') return 'iterator'
  return Object.fromEntries(Object.entries(it).map(([key, value]) => [key, arriving(build, value)]))
}
