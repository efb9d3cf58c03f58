/** The native half against React's own packages: what they encode we decode, what we encode they decode. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { decodeReply, decodeResult, encodeReply, encodeResult } from 'errand'

import { type Build, BUILDS, manifest, reactClient, reactServer } from './react.ts'
import { generate, picture, random, ROOMY, runs, seeds } from './values.ts'

const RUNS = 2_000
const plain = { identity: false }
const unnamed = { identity: false, fileNames: false }

/** What React's client makes of `rows`. Of a chunk that holds two binary values it transfers the buffer: here none does. */
function read(build: Build, rows: ReadableStream<Uint8Array>): Promise<unknown> {
  const cut = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      for (let at = 0; at < chunk.length; at += 5) controller.enqueue(chunk.slice(at, at + 5))
    },
  })
  return reactClient(build).createFromReadableStream!(rows.pipeThrough(cut), {
    serverConsumerManifest: { moduleMap: manifest, serverModuleMap: manifest, moduleLoading: null },
  })
}

/**
 * The picture `got` with what `sent` has where React's client puts null: in some orders of rows for a Map or a Set that
 * is referred to while it waits for something else, whoever wrote them. Otherwise `got` itself.
 */
function restored(got: any, sent: any): unknown {
  if (got === null && sent !== null && typeof sent === 'object') return 'map' in sent || 'set' in sent ? sent : got
  if (got === null || typeof got !== 'object' || sent === null || typeof sent !== 'object') return got
  let copy = got
  for (const key of Object.keys(got)) {
    const value = restored(got[key], sent[key])
    if (Object.is(value, got[key])) continue
    if (copy === got) copy = Array.isArray(got) ? [...got] : { ...got }
    copy[key] = value
  }
  return copy
}

for (const build of BUILDS) {
  test(`we decode what React's client (${build}) encodes`, async () => {
    for (const seed of seeds(RUNS)) {
      const args = [generate(random(seed), { tagged: true, files: true, shared: true })]
      const decoded = await decodeReply(await reactClient(build).encodeReply!(args), { limits: ROOMY })
      assert.deepStrictEqual(await picture(decoded, plain), await picture(args, plain), `seed ${seed}`)
    }
  })

  test(`promises, streams, iterables and binary data of React's client (${build}) arrive as what they are`, async () => {
    const kinds = { tagged: true, files: true, binary: true, live: true, shared: true }
    for (const seed of seeds(RUNS)) {
      const args = (): unknown[] => [generate(random(seed), kinds), generate(random(-seed), kinds)]
      const decoded = await decodeReply(await reactClient(build).encodeReply!(args()), { limits: ROOMY })
      assert.deepStrictEqual(await picture(decoded, plain), await picture(args(), plain), `seed ${seed}`)
    }
  })

  test(`React's client (${build}) decodes what we encode`, async () => {
    for (const seed of seeds(RUNS)) {
      const value = generate(random(seed), { tagged: true, binary: true })
      const decoded = await read(build, encodeResult(value))
      assert.deepStrictEqual(await picture(decoded, plain), await picture(value, plain), `seed ${seed}`)
    }
  })

  test(`React's client (${build}) reads promises, streams, iterables and binary data of ours`, async () => {
    const kinds = { tagged: true, files: true, binary: true, live: true, shared: true }
    let lost = 0
    for (const seed of seeds(RUNS)) {
      const value = (): unknown => [generate(random(seed), kinds), generate(random(-seed), kinds)]
      // React's client knows no names of files.
      const [got, sent] = [await picture(await read(build, encodeResult(value())), unnamed), await picture(value(), unnamed)]
      const whole = restored(got, sent)
      if (!Object.is(whole, got)) lost++
      assert.deepStrictEqual(whole, sent, `seed ${seed}`)
    }
    assert.ok(lost <= runs(RUNS) / 500 + 2, `${lost}`)
  })
}

test('the rows of data are those that React writes, byte for byte', async () => {
  const { renderToReadableStream } = reactServer('production')
  for (const seed of seeds(RUNS)) {
    const value = generate(random(seed), { tagged: true, shared: true, colons: false })
    const [ours, theirs] = [encodeResult(value), renderToReadableStream!(value) as ReadableStream]
    assert.equal(await new Response(ours).text(), withoutUndefined(await new Response(theirs).text()), `seed ${seed}`)
  }
})

/** React sends properties that are `undefined`, and its client leaves them out. */
function withoutUndefined(rows: string): string {
  const isProperty = /(?<=[{,])"(?:[^"\\]|\\.)*":"\$undefined"(?:,|(?=}))/g
  return rows.replace(isProperty, '').replaceAll(',}', '}')
}

test('our client keeps what is one object one', async () => {
  for (const seed of seeds(RUNS)) {
    const value = generate(random(seed), { tagged: true, shared: true, colons: false })
    assert.deepStrictEqual(await picture(await decodeResult(encodeResult(value))), await picture(value), `seed ${seed}`)
  }
})

test('we decode what our own client encodes', async () => {
  for (const seed of seeds(RUNS)) {
    const args = (): unknown[] => [generate(random(seed), { tagged: true, files: true, binary: true, live: true, shared: true }, 5)]
    const decoded = await decodeReply(await encodeReply(args()), { limits: ROOMY })
    assert.deepStrictEqual(await picture(decoded, plain), await picture(args(), plain), `seed ${seed}`)
  }
})

test('our client decodes what comes later', async () => {
  for (const seed of seeds(RUNS)) {
    const value = (): unknown => [generate(random(seed), { tagged: true, binary: true, live: true, shared: true }, 5)]
    const decoded = await decodeResult(encodeResult(value()))
    assert.deepStrictEqual(await picture(decoded, plain), await picture(value(), plain), `seed ${seed}`)
  }
})

test("React loses a form's entries from the tenth part on (Q3); we don't", async () => {
  const forms = Array.from({ length: 20 }, (_, n) => {
    const form = new FormData()
    form.append('n', `${n}`)
    return form
  })
  const decoded = (await decodeReply(await reactClient('production').encodeReply!(forms))) as FormData[]
  assert.deepEqual(decoded.map((form) => form.get('n')), forms.map((form) => form.get('n')))
})

test('an object that occurs twice arrives as one, and may contain itself', async () => {
  const cycle: { self?: unknown; map: Map<string, unknown> } = { map: new Map() }
  cycle.self = cycle
  cycle.map.set('cycle', cycle).set('self', cycle.map)
  const [first, second] = (await decodeReply(await encodeReply([cycle, cycle]))) as [typeof cycle, typeof cycle]
  assert.equal(first, second)
  assert.equal(first.self, first)
  assert.equal(first.map.get('cycle'), first)
  assert.equal(first.map.get('self'), first.map)
})
