/** Results that go on: over a socket, and read by React's own client. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, before, test } from 'node:test'

import { decodeResult, encodeResult } from 'errand'
import { revalidateTag } from 'errand/cache'
import { cookies } from 'errand/headers'
import { ActionError } from 'errand/server'

import { manifest, reactClient } from '../differential/react.ts'
import { type Running, serve } from './host.ts'

const errors: { error: any; digest: string }[] = []
/** How the producers ended. */
const ended: string[] = []
let produced = 0

async function* count(to: number, bytes = 0): AsyncGenerator<unknown, string> {
  try {
    for (let n = 0; n < to; n++) {
      produced = n
      yield bytes ? new Uint8Array(bytes) : n
    }
    return 'counted'
  } finally {
    ended.push('count')
  }
}

const actions = {
  later: () => async () => ({ now: 1, later: sleep(20).then(() => ({ then: 2 })), never: undefined }),
  count: () => async (to: number) => count(to),
  endless: () => async (bytes: number) => count(Infinity, bytes),
  stream: () => async () =>
    new ReadableStream({
      pull: (it) => it.enqueue('x'.repeat(10_000)),
      cancel: (reason) => void ended.push(`stream ${reason}`),
    }),
  breaks: () => async () => {
    const late = Promise.reject(new Error('the password is hunter2'))
    const declared = sleep(5).then(() => Promise.reject(new ActionError('gone', { id: 1 })))
    async function* items(): AsyncGenerator<number> {
      yield 1
      throw new Error('secret')
    }
    return { late, declared, items: items(), error: new TypeError('as a value') }
  },
  unsendable: () => async () => ({ fine: 1, bad: sleep(1).then(() => new WeakMap()) }),
  inside: () => async () => {
    async function* items(): AsyncGenerator<unknown> {
      await sleep(5)
      yield (await cookies()).get('session')?.value
      revalidateTag('posts')
      yield 'revalidated'
      ;(await cookies()).set('too', 'late')
    }
    return items()
  },
  slow: () => async () => {
    await sleep(100)
    return count(Infinity)
  },
  doomed: () => async () => ({ promise: sleep(5).then(() => Promise.reject(new Error('nobody listens'))), bad: () => {} }),
  file: () => async (bytes: number) => ({ file: new Blob([new Uint8Array(bytes).fill(7)], { type: 'x/y' }) }),
  binary: () => async () => ({ view: new Float64Array([1, 2, 3]), text: 'é$'.repeat(10_000) }),
}

let server: Running

before(async () => {
  server = await serve({ actions, onError: (error, { digest }) => errors.push({ error, digest }) })
})
after(() => server.close())

function post(id: string, args: unknown[], headers: Record<string, string> = {}): Promise<Response> {
  const all = { 'errand-action': id, 'content-type': 'text/plain', ...headers }
  return fetch(`${server.url}/`, { method: 'POST', headers: all, body: JSON.stringify(args) })
}

async function call(id: string, args: unknown[] = [], headers: Record<string, string> = {}): Promise<any> {
  const { body } = await post(id, args, headers)
  const root: any = await reactClient('production').createFromReadableStream!(body, {
    serverConsumerManifest: { moduleMap: manifest, serverModuleMap: manifest, moduleLoading: null },
  })
  return root.a
}

const forked = async (): Promise<void> => {
  while (!ended.length) await sleep(5)
}

test('what is there arrives before what is not [D36]', async () => {
  const result = await call('later')
  assert.equal(result.now, 1)
  assert.deepEqual(await result.later, { then: 2 })
})

test('an iteration arrives item by item, with what it returns [D36]', async () => {
  const iterator = await call('count', [3])
  const items = []
  for (let next = await iterator.next(); ; next = await iterator.next()) {
    items.push(next.value)
    if (next.done) break
  }
  assert.deepEqual(items, [0, 1, 2, 'counted'])
})

test('whoever reads slowly is produced for slowly', async () => {
  ended.length = 0
  produced = 0
  const request_ = request(`${server.url}/`, { method: 'POST', headers: { 'errand-action': 'endless', 'content-type': 'text/plain' } })
  request_.end('[1000000]')
  const [response] = await once(request_, 'response')
  response.pause()
  await sleep(300)
  const before = produced
  await sleep(200)
  assert.ok(before > 0 && produced === before, `stopped after ${before} MB, then ${produced}`)
  assert.ok(before < 40, `${before} MB wait for somebody who reads none`)
  request_.destroy()
  await forked()
})

test('who stops reading stops the producer', async () => {
  ended.length = 0
  const abort = new AbortController()
  const response = await fetch(`${server.url}/`, {
    method: 'POST',
    headers: { 'errand-action': 'stream', 'content-type': 'text/plain' },
    body: '[]',
    signal: abort.signal,
  })
  await response.body!.getReader().read()
  abort.abort()
  await forked()
  assert.match(ended[0]!, /^stream/)
})

test('who leaves before there is a result stops the producer too', async () => {
  ended.length = 0
  const abort = new AbortController()
  const response = fetch(`${server.url}/`, {
    method: 'POST',
    headers: { 'errand-action': 'slow', 'content-type': 'text/plain' },
    body: '[]',
    signal: abort.signal,
  })
  await sleep(30)
  abort.abort()
  await assert.rejects(response)
  await forked()
})

test('a promise beside what cannot be sent may fail, and the process goes on', async () => {
  const { status } = await post('doomed', [])
  assert.equal(status, 500)
  await sleep(20)
})

test('a stream of rows that is cancelled cancels what it was made of, once and with the reason', async () => {
  const reasons: unknown[] = []
  const source = new ReadableStream({ pull: (it) => it.enqueue(1), cancel: (reason) => void reasons.push(reason) })
  let returned = 0
  const iterable = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}), return: async () => (returned++, { done: true as const, value: 1 }) }) }
  const reader = encodeResult({ source, iterable, promise: new Promise(() => {}) }).getReader()
  await reader.read()
  await reader.cancel('enough')
  await sleep(1)
  assert.deepEqual([reasons, returned], [['enough'], 1])
})

test('what fails later fails there, with a digest, and is reported', async () => {
  errors.length = 0
  const { late, declared, items, error } = await call('breaks')
  await assert.rejects(late, ({ digest, message }: any) => errors.some((it) => it.digest === digest) && !/hunter2/.test(message))
  await assert.rejects(declared)
  assert.deepEqual(await items.next(), { done: false, value: 1 })
  await assert.rejects(items.next())
  assert.ok(error instanceof Error && !/as a value/.test(error.message))
  assert.deepEqual(errors.map(({ error }) => error.message).sort(), ['gone', 'secret', 'the password is hunter2'])

  const rows = await (await post('breaks', [])).text()
  assert.match(rows, /"errand":\{"code":"gone","data":\{"id":1\}\}/)
})

test('what cannot be sent later fails there too', async () => {
  errors.length = 0
  const { fine, bad } = await call('unsendable')
  assert.equal(fine, 1)
  await assert.rejects(bad)
  assert.equal(errors[0]!.error.code, 'errand::unserializable')
  assert.match(errors[0]!.error.message, /WeakMap/)
})

test('a generator still is a part of the action, but the head is sent', async () => {
  errors.length = 0
  const iterator = await call('inside', [], { cookie: 'session=s1' })
  assert.deepEqual([(await iterator.next()).value, (await iterator.next()).value], ['s1', 'revalidated'])
  await assert.rejects(iterator.next())
  assert.equal(errors[0]!.error.code, 'errand::head-sent')
})

test('bytes and long text arrive as they are', async () => {
  const { view, text } = await call('binary')
  assert.deepEqual([...view], [1, 2, 3])
  assert.equal(text, 'é$'.repeat(10_000))
})

test('a file is sent from where it is, and not held', async () => {
  const { body } = await post('file', [64 << 20])
  let bytes = 0
  for await (const chunk of body!) bytes += chunk.length
  assert.ok(bytes > 64 << 20)
})

test('a file in a form keeps its name', async () => {
  const form = new FormData()
  form.append('a', '$1')
  form.append('b', new File(['x'], 'ü.txt', { type: 'text/plain' }))
  const back = (await decodeResult(encodeResult(form))) as FormData
  assert.deepEqual([back.get('a'), (back.get('b') as File).name], ['$1', 'ü.txt'])
})

test('a stream that somebody reads already, and an element, are refused by name', async () => {
  const locked = new ReadableStream()
  locked.getReader()
  assert.throws(() => encodeResult({ locked }), /result\.locked is a stream that somebody reads/)
  assert.throws(() => encodeResult([{ $$typeof: Symbol.for('react.transitional.element'), type: 'p' }]), /result\[0\] is an element.*rsc: true/)
  const client = Object.assign(() => {}, { $$typeof: Symbol.for('react.client.reference') })
  assert.throws(() => encodeResult({ client }), /result\.client is an element or a component/)
})
