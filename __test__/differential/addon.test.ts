/** The native half against React's own packages: what they encode we decode, what we encode they decode. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { decodeReply, encodeReply, encodeResult } from 'errand'

import { BUILDS, manifest, reactClient } from './react.ts'
import { generate, picture, random } from './values.ts'

const RUNS = 2_000
const plain = { identity: false }

for (const build of BUILDS) {
  test(`we decode what React's client (${build}) encodes`, async () => {
    for (let seed = 1; seed <= RUNS; seed++) {
      const args = [generate(random(seed), { tagged: true, files: true, shared: true })]
      const decoded = await decodeReply(await reactClient(build).encodeReply!(args))
      assert.deepStrictEqual(await picture(decoded, plain), await picture(args, plain), `seed ${seed}`)
    }
  })

  test(`promises, streams, iterables and binary data of React's client (${build}) arrive as what they are`, async () => {
    const kinds = { tagged: true, files: true, binary: true, live: true, shared: true }
    for (let seed = 1; seed <= RUNS; seed++) {
      const args = (): unknown[] => [generate(random(seed), kinds), generate(random(-seed), kinds)]
      const decoded = await decodeReply(await reactClient(build).encodeReply!(args()))
      assert.deepStrictEqual(await picture(decoded, plain), await picture(args(), plain), `seed ${seed}`)
    }
  })

  test(`React's client (${build}) decodes what we encode`, async () => {
    for (let seed = 1; seed <= RUNS; seed++) {
      const value = generate(random(seed), { tagged: true })
      const decoded = await reactClient(build).createFromReadableStream!(encodeResult(value), {
        serverConsumerManifest: { moduleMap: manifest, serverModuleMap: manifest, moduleLoading: null },
      })
      assert.deepStrictEqual(await picture(decoded, plain), await picture(value, plain), `seed ${seed}`)
    }
  })
}

test('we decode what our own client encodes', async () => {
  for (let seed = 1; seed <= RUNS; seed++) {
    const args = [generate(random(seed), { tagged: true, files: true, binary: true })]
    const decoded = await decodeReply(await encodeReply(args))
    assert.deepStrictEqual(await picture(decoded, plain), await picture(args, plain), `seed ${seed}`)
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
