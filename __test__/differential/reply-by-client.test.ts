import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'

import { createServerReference, encodeReply } from '../../npm/client/index.ts'
import { encodeReference } from '../../npm/client/reply.ts'
import { BUILDS, manifest, reactClient, reactServer } from './react.ts'
import { generate, picture, random, runs, seeds } from './values.ts'

const RUNS = 2_000

const createReference = (id: string, bound: unknown[] | null): unknown =>
  bound ? createServerReference(id).bind(null, ...bound) : createServerReference(id)

const { encodeReply: encodeReplyByReact } = reactClient('production')

/** Names and texts of a reply's parts, in order. */
const parts = (body: string | FormData): unknown =>
  typeof body === 'string' ? body : [...body].map(([name, part]) => [name, typeof part === 'string' ? part : part.name])

for (const build of BUILDS) {
  const { decodeReply } = reactServer(build)

  test(`React (${build}) decodes what we encode`, async () => {
    let compared = 0
    for (const seed of seeds(RUNS)) {
      const args = [generate(random(seed), { tagged: true, files: true, binary: true }), generate(random(-seed), { tagged: true, createReference })]
      const body = await encodeReply(args)
      if (hasFormThatReactLoses(body)) continue
      compared++
      assert.deepStrictEqual(await picture(await decodeReply!(body, manifest)), await picture(args), `seed ${seed}`)
    }
    assert.ok(compared > 0.8 * runs(RUNS), `${compared}`)
  })

  test(`React (${build}) decodes what comes later`, async () => {
    const kinds = { tagged: true, binary: true, live: true, createReference }
    for (const seed of seeds(RUNS)) {
      const args = (): unknown[] => [generate(random(seed), kinds, 5), generate(random(-seed), kinds, 5)]
      const body = await encodeReply(args())
      assert.deepStrictEqual(await picture(await decodeReply!(body, manifest)), await picture(args()), `seed ${seed}`)
    }
  })

  test(`React (${build}) decodes shared objects as one object`, async () => {
    let compared = 0
    for (const seed of seeds(RUNS)) {
      const args = [generate(random(seed), { tagged: true, shared: true }, 5)]
      const identity = { identity: !hasColonKey(args) }
      const expected = await picture(args, identity)
      // Some references into Maps and Sets React's decoder answers with null, whoever wrote them.
      const byReact = await decodeReply!(await encodeReplyByReact!(args), manifest)
      if (!isDeepStrictEqual(await picture(byReact, identity), expected)) continue
      compared++
      const decoded = await decodeReply!(await encodeReply(args), manifest)
      assert.deepStrictEqual(await picture(decoded, identity), expected, `seed ${seed}`)
    }
    assert.ok(compared > 0.8 * runs(RUNS), `${compared}`)
  })
}

test('the parts are those of React’s encoder, byte for byte', async () => {
  for (const seed of seeds(RUNS)) {
    const args = [generate(random(seed), { tagged: true, files: true, binary: true, shared: true })]
    const [ours, theirs] = [await encodeReply(args), await encodeReplyByReact!(args)]
    assert.deepStrictEqual(parts(ours), parts(theirs), `seed ${seed}`)
  }
})

test('a cycle comes out as a cycle', async () => {
  const { decodeReply } = reactServer('production')
  const cycle: Record<string, unknown> = { list: [] }
  ;(cycle.list as unknown[]).push(cycle)
  const set = new Set<unknown>()
  const holder = { set }
  set.add(holder)
  const [one, two] = (await decodeReply!(await encodeReply([cycle, holder]), manifest)) as any
  assert.equal(one.list[0], one)
  assert.equal([...two.set][0], two)
})

test('ids count in decimal as names and in hexadecimal as tags', async () => {
  const { decodeReply } = reactServer('production')
  const args = Array.from({ length: 40 }, (_, at) => (at % 2 ? new Map([[at, new Blob([`${at}`], { type: 'x/y' })]]) : new Set([at])))
  const body = await encodeReply(args)
  assert.deepEqual(await picture(await decodeReply!(body, manifest)), await picture(args))
})

test('bound references arrive bound, and the same reference as the same function', async () => {
  const { decodeReply } = reactServer('production')
  const add = createServerReference('add')
  const twice = add.bind(null, 1n).bind(null, { list: [new Date(0)] })
  const body = await encodeReply([twice, twice, add, [add]])
  const decoded = (await decodeReply!(body, manifest)) as any[]
  assert.equal(decoded[0], decoded[1])
  assert.equal(decoded[2], decoded[3][0])
  assert.deepEqual(await decoded[0]('x'), ['add', 1n, { list: [new Date(0)] }, 'x'])
})

test('React reads the action and its bound arguments from the hidden fields of a form', async () => {
  const { decodeAction } = reactServer('production')
  for (const seed of seeds(300)) {
    const bound = [generate(random(seed), { tagged: true, createReference }), 'last']
    const form = encodeReference(createServerReference('save').bind(null, ...bound), '$ACTION_x1:')
    form.append('$ACTION_REF_x1', '')
    form.append('title', 'Hello')
    const action = await decodeAction!(form, manifest)
    const [id, ...args] = (await action()) as any[]
    assert.deepStrictEqual([id, [...args.pop()]], ['save', [['title', 'Hello']]])
    assert.deepStrictEqual(await picture(args), await picture(bound), `seed ${seed}`)
  }
})

/** React compares the hexadecimal id of a FormData with the decimal name of its parts: from 10 on it finds none. */
function hasFormThatReactLoses(body: string | FormData): boolean {
  return typeof body !== 'string' && [...body.keys()].some((name) => /^_\d\d+_/.test(name))
}

/** Under such a key React’s names have no word for an object: it is written twice. */
function hasColonKey(value: unknown): boolean {
  const seen = new Set<unknown>([value])
  for (const it of seen) {
    if (typeof it !== 'object' || it === null) continue
    if (it instanceof Map || it instanceof Set) for (const inner of it) seen.add(inner)
    if (Object.keys(it).some((key) => key.includes(':'))) return true
    for (const inner of Object.values(it)) seen.add(inner)
  }
  return false
}
