/** React's client calls an action of a real server with all that it can send. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { type Running, serve, wireBody } from '../server/host.ts'
import { BUILDS, manifest, reactClient } from './react.ts'

const actions = {
  read: () => async (input: any) => {
    const chunks: unknown[] = []
    for await (const item of input.stream) chunks.push(item)
    const bytes: number[] = []
    for await (const chunk of input.bytes) bytes.push(...chunk)
    const items: unknown[] = []
    for await (const item of input.iterable) items.push(item)
    const { call, by } = await input.promise
    return { chunks, bytes, items, list: [...input.iterator], view: [...input.view], called: await call(by) }
  },
  double: () => async (n: number) => n * 2,
  back: () => async (render: unknown, { element }: { element: unknown }) => ({ render, list: [element] }),
  waits: () => async (promise: Promise<unknown>) => promise.catch((error) => error.code),
  ignores: () => async () => 'done',
}

let server: Running
before(async () => (server = await serve({ actions })))
after(() => server.close())

for (const build of BUILDS) {
  const react = reactClient(build)

  async function call(id: string, args: unknown[], options: { temporaryReferences?: unknown; signal?: AbortSignal } = {}): Promise<any> {
    const { body, contentType } = await wireBody(await react.encodeReply!(args, options))
    const sent = await server.send({ headers: { 'content-type': contentType, 'errand-action': id }, body })
    assert.equal(sent.status, 200, sent.text)
    const root = await react.createFromReadableStream!(new Blob([sent.text]).stream(), {
      serverConsumerManifest: { moduleMap: manifest, serverModuleMap: manifest, moduleLoading: null },
      temporaryReferences: options.temporaryReferences,
    })
    return root.a
  }

  test(`an action reads promises, streams, iterables and bytes of React's client (${build})`, async () => {
    const double = react.createServerReference!('double', call).bind(null, 21)
    const result = await call('read', [
      {
        stream: new ReadableStream({ start: (it) => (it.enqueue('a'), it.enqueue({ b: 1n }), it.close()) }),
        bytes: new ReadableStream({ type: 'bytes', start: (it) => (it.enqueue(new Uint8Array([1, 2])), it.close()) }),
        iterable: (async function* () { yield new Map([['k', 1]]) })(),
        iterator: [1, 2].values(),
        view: new Int16Array([-1, 300]),
        promise: Promise.resolve({ call: double, by: 1 }),
      },
    ])
    assert.deepEqual(result, {
      chunks: ['a', { b: 1n }],
      bytes: [1, 2],
      items: [new Map([['k', 1]])],
      list: [1, 2],
      view: [-1, 300],
      called: 42,
    })
  })

  test(`what only React's client (${build}) has comes back to it as itself`, async () => {
    const temporaryReferences = react.createTemporaryReferenceSet!()
    const [render, element] = [() => 1, Symbol('element')]
    const result = await call('back', [render, { element }], { temporaryReferences })
    assert.equal(result.render, render)
    assert.deepEqual(result.list, [element])
  })

  test(`an aborted promise of React's client (${build}) fails in the action, and one that nobody reads harms nobody`, async () => {
    const args = (): [unknown[], { signal: AbortSignal }] => {
      const abort = new AbortController()
      setTimeout(() => abort.abort())
      return [[new Promise(() => {})], { signal: abort.signal }]
    }
    assert.equal(await call('waits', ...args()), 'errand::reply-incomplete')
    assert.equal(await call('ignores', ...args()), 'done')
  })
}
