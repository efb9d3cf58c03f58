/** What only `handler.listen` has: HTTP/2, encryption, answers without JavaScript, an end of its own. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2'
import { get } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { after, before, describe, mock, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads'

import { decodeResult } from 'errand'
import { signal } from 'errand/headers'
import { createHandler, type Handler, type ListenedRequest, type ListenOptions, type Server } from 'errand/server'

import { cert, key } from './certificate.ts'

let release = (): void => {}
let isHeld = false
let left = 0
let rendered = 0
const hosts: ListenedRequest[] = []

const actions = {
  echo: () => async (...args: unknown[]) => args,
  hold: () => () => {
    isHeld = true
    return new Promise<string>((resolve) => (release = () => resolve('held')))
  },
  leave: () => async () => {
    const gone = signal()
    await new Promise((resolve) => gone.addEventListener('abort', resolve))
    left += 1
  },
  endless: () => async () => new ReadableStream({ pull: (it) => it.enqueue('x'), cancel: () => void (left += 1) }),
}

const handler: Handler = createHandler({
  actions,
  middleware: [
    (call, next) => {
      hosts.push(call.host as ListenedRequest)
      return next()
    },
  ],
})
const page = handler.page(
  (request) => {
    rendered += 1
    return `<p>${new URL(request.url).pathname}</p>`
  },
  { revalidate: 60 },
)

let server: Server
before(async () => {
  server = await handler.listen({
    host: '127.0.0.1',
    fetch: async (request) => (request.method === 'POST' ? new Response(request.body) : page(request)),
  })
})
after(() => handler.close())

const listen = (options: ListenOptions = {}): Promise<Server> => createHandler({ actions }).listen({ host: '127.0.0.1', ...options })
const url = (path = '/', port = server.port): string => `http://127.0.0.1:${port}${path}`
const call = (id: string, args: unknown[] = [], to = url()): Promise<Response> =>
  fetch(to, { method: 'POST', headers: { 'errand-action': id, 'content-type': 'text/plain' }, body: JSON.stringify(args) })

const resultOf = async (body: ReadableStream<Uint8Array>): Promise<unknown> => ((await decodeResult(body)) as { a: unknown }).a

async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; !isSo(); tries += 1) {
    assert.ok(tries < 1000, 'it never came to pass')
    await sleep(5)
  }
}

/** Requests from a thread of its own, while this one is kept busy: what comes back came without it. */
function whileBlocked(init: RequestInit, path = '/'): { status: number; body: string; age: string | null } {
  const shared = new SharedArrayBuffer(4)
  const script = `
    const { workerData } = require('node:worker_threads')
    fetch(workerData.url, workerData.init).then(async (response) => {
      workerData.port.postMessage({ status: response.status, body: await response.text(), age: response.headers.get('age') })
      Atomics.store(new Int32Array(workerData.shared), 0, 1)
      Atomics.notify(new Int32Array(workerData.shared), 0)
    })`
  const { port1, port2 } = new MessageChannel()
  const worker = new Worker(script, {
    eval: true,
    workerData: { url: url(path), init, shared, port: port2 },
    transferList: [port2],
  })
  const woken = Atomics.wait(new Int32Array(shared), 0, 0, 20_000)
  const { message } = receiveMessageOnPort(port1) as { message: { status: number; body: string; age: string | null } }
  void worker.terminate()
  port1.close()
  assert.notEqual(woken, 'timed-out')
  return message
}

describe('without JavaScript', () => {
  test('a page that the cache holds is answered, with its age; HEAD too', async () => {
    const first = await fetch(url('/page?a'))
    assert.deepEqual([await first.text(), first.headers.get('age'), rendered], ['<p>/page</p>', null, 1])
    const get = whileBlocked({}, '/page?a')
    const isAge = /^\d+$/
    assert.deepEqual([get.status, get.body], [200, '<p>/page</p>'])
    assert.match(get.age!, isAge)
    const head = whileBlocked({ method: 'HEAD' }, '/page?a')
    assert.deepEqual([head.status, head.body, rendered], [200, '', 1])
    assert.match(head.age!, isAge)
    const sized = await fetch(url('/page?a'), { method: 'HEAD' })
    assert.equal(sized.headers.get('content-length'), '12')
  })

  test('a page that was invalidated is not', async () => {
    await (await fetch(url('/gone'))).text()
    const before = rendered
    handler.cache.revalidatePath('/gone')
    const again = await fetch(url('/gone'))
    assert.deepEqual([await again.text(), again.headers.get('age'), rendered], ['<p>/gone</p>', null, before + 1])
  })

  test('what nobody may call is refused, and said to the log afterwards', async () => {
    const warn = mock.method(console, 'warn', () => {})
    try {
      const headers = { 'errand-action': 'echo', 'content-type': 'text/plain', origin: 'https://evil.test' }
      const refused = whileBlocked({ method: 'POST', headers, body: '[]' })
      assert.equal(refused.status, 403)
      assert.match(refused.body, /errand::origin-mismatch/)
      await until(() => warn.mock.callCount() > 0)
      assert.match(String(warn.mock.calls[0]!.arguments[0]), /^errand::origin-mismatch: .*evil\.test/)
    } finally {
      warn.mock.restore()
    }
  })
})

describe('HTTP/2', () => {
  async function post(session: ClientHttp2Session, headers: Record<string, string>, body: string): Promise<{ status: number; text: string }> {
    const stream = session.request({ ':method': 'POST', ':path': '/', ...headers })
    stream.end(body)
    const [head] = (await once(stream, 'response')) as [Record<string, unknown>]
    let text = ''
    for await (const chunk of stream.setEncoding('utf8')) text += chunk
    return { status: head[':status'] as number, text }
  }
  const plain = { 'errand-action': 'echo', 'content-type': 'text/plain' }

  test('by prior knowledge: many calls on one connection, and what is refused', async () => {
    const session = connectHttp2(url())
    const before = server.connections
    const all = await Promise.all(Array.from({ length: 50 }, (_, n) => post(session, plain, `[${n}]`)))
    for (const [n, { status, text }] of all.entries()) assert.deepEqual([status, text.includes(`1:[${n}]`)], [200, true], text)
    assert.ok(server.connections <= before + 1)
    const mine = await post(session, { ...plain, origin: `http://127.0.0.1:${server.port}` }, '[]')
    assert.equal(mine.status, 200)
    assert.equal((await post(session, { ...plain, 'sec-fetch-site': 'cross-site' }, '[]')).status, 403)
    session.close()
  })

  test('a stream that is reset aborts its call, and no other', async () => {
    const session = connectHttp2(url())
    const before = left
    const stream = session.request({ ':method': 'POST', ':path': '/', ...plain, 'errand-action': 'leave' })
    stream.on('error', () => {})
    stream.end('[]')
    const other = await post(session, plain, '[1]')
    stream.close(8)
    await until(() => left === before + 1)
    assert.equal(other.status, 200)
    session.close()
  })

  test('a body may be larger than the window', async () => {
    const session = connectHttp2(url())
    const { text } = await post(session, {}, 'x'.repeat(3_000_000))
    assert.equal(text.length, 3_000_000)
    session.close()
  })
})

describe('encrypted', () => {
  let secure: Server
  before(async () => (secure = await listen({ tls: { cert, key: Buffer.from(key) }, fetch: ({ url }) => new Response(url) })))
  after(() => secure.close())

  test('HTTP/2 is agreed on where the client can, else HTTP/1.1', async () => {
    const session = connectHttp2(`https://127.0.0.1:${secure.port}`, { ca: cert })
    const stream = session.request({ ':path': '/a', origin: `https://127.0.0.1:${secure.port}` })
    let text = ''
    for await (const chunk of stream.setEncoding('utf8')) text += chunk
    assert.deepEqual([text, session.alpnProtocol], [`https://127.0.0.1:${secure.port}/a`, 'h2'])
    session.close()

    const request = get(`https://127.0.0.1:${secure.port}/b`, { ca: cert, agent: false })
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    let body = ''
    for await (const chunk of response.setEncoding('utf8')) body += chunk
    assert.deepEqual([body, response.httpVersion], [`https://127.0.0.1:${secure.port}/b`, '1.1'])
  })

  test('who speaks plainly there is closed, and harms nobody', async () => {
    const socket = connect(secure.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
    await once(socket.resume(), 'close')
    const request = get(`https://127.0.0.1:${secure.port}/`, { ca: cert, agent: false })
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    assert.equal(response.statusCode, 200)
    response.resume()
  })

  test('a certificate that is none says so', async () => {
    await assert.rejects(listen({ tls: { cert: './cert.pem', key } }), { code: 'errand::bad-option', message: /tls\.cert.*PEM/ })
    await assert.rejects(listen({ tls: { cert, key: 'x' } }), { code: 'errand::bad-option', message: /tls\.key/ })
  })
})

describe('a server', () => {
  test('knows its address, and the request of a call', async () => {
    assert.deepEqual(server.address(), { address: '127.0.0.1', family: 'IPv4', port: server.port })
    await (await call('echo', [], url('/from?here'))).text()
    const { method, url: path, remoteAddress } = hosts.at(-1)!
    assert.deepEqual([method, path, remoteAddress, hosts.at(-1)!.header('host')], ['POST', '/from?here', '127.0.0.1', `127.0.0.1:${server.port}`])
  })

  test('passes on what is neither call nor page, body and all; without `fetch` it is 404', async () => {
    const echoed = await fetch(url(), { method: 'POST', body: 'x'.repeat(200_000) })
    assert.equal((await echoed.text()).length, 200_000)
    const bare = await listen()
    const missing = await fetch(url('/', bare.port))
    assert.deepEqual([missing.status, await missing.text()], [404, 'Not Found'])
    await bare.close()
  })

  test('a `fetch` that fails is 500, and one that answers nonsense too', async () => {
    const error = mock.method(console, 'error', () => {})
    const broken = await listen({
      fetch: ({ url }) => {
        if (url.endsWith('/throws')) throw new Error('no')
        return undefined as unknown as Response
      },
    })
    for (const path of ['/throws', '/undefined']) assert.equal((await fetch(url(path, broken.port))).status, 500)
    assert.equal(error.mock.callCount(), 2)
    error.mock.restore()
    await broken.close()
  })

  test('frames answers by their bodies, whatever a header says', async () => {
    const framed = await listen({ fetch: () => new Response('four', { headers: { 'transfer-encoding': 'gzip' } }) })
    assert.equal(await (await fetch(url('/', framed.port))).text(), 'four')
    await framed.close()
  })

  test('who leaves in the middle of an answer stops it', async () => {
    const before = left
    const abort = new AbortController()
    const headers = { 'errand-action': 'endless', 'content-type': 'text/plain' }
    const answer = await fetch(url(), { method: 'POST', headers, body: '[]', signal: abort.signal })
    await answer.body!.getReader().read()
    abort.abort()
    await until(() => left === before + 1)
  })

  test('closing takes no more, answers what has begun, and then has ended', async () => {
    const own = createHandler({ actions })
    const closing = await own.listen({ host: '127.0.0.1' })
    const running = call('hold', [], url('/', closing.port))
    await until(() => isHeld)
    const idle = connect(closing.port, '127.0.0.1')
    await once(idle, 'connect')
    await until(() => closing.connections === 2)
    const closed = own.close()
    await once(idle.resume(), 'close')
    await assert.rejects(fetch(url('/', closing.port)))
    release()
    assert.equal(await resultOf((await running).body!), 'held')
    await closed
    assert.equal(closing.connections, 0)
    assert.equal(await closing.close(), undefined) // again does nothing
  })

  test('what takes longer than the grace is cut off', async () => {
    const closing = await listen({ graceMs: 50 })
    const running = call('leave', [], url('/', closing.port))
    await until(() => closing.connections === 1)
    await sleep(50)
    const before = left
    await Promise.all([closing.close(), assert.rejects(running)])
    await until(() => left === before + 1)
  })

  test('a port that is taken, and options that can not be used, reject', async () => {
    await assert.rejects(listen({ port: server.port }), { code: 'errand::not-listening', message: /in use/ })
    await assert.rejects(listen({ host: 'no.such.host.invalid' }), { code: 'errand::not-listening' })
    for (const options of [
      { port: 70_000 }, { port: 1.5 }, { threads: 0 }, { maxHeaders: 0 }, { headersMs: -1 }, { bodyMs: NaN }, { maxHeaderBytes: 'much' },
    ]) {
      await assert.rejects(listen(options), { code: 'errand::bad-option' }, JSON.stringify(options))
    }
  })

  test('several, each with a queue of its own, may be in one process and in several threads', async () => {
    const [one, two] = await Promise.all([listen({ fetch: () => new Response('one') }), listen({ fetch: () => new Response('two') })])
    const script = `
      import { parentPort } from 'node:worker_threads'
      import { createHandler } from 'errand/server'
      const server = await createHandler({ actions: {} }).listen({ host: '127.0.0.1', fetch: () => new Response('three') })
      parentPort.postMessage(server.port)`
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(script.replace("'errand/server'", JSON.stringify(import.meta.resolve('errand/server'))))}`))
    const [port] = (await once(worker, 'message')) as [number]
    const texts = await Promise.all([one.port, two.port, port].map(async (port) => (await fetch(url('/', port))).text()))
    assert.deepEqual(texts, ['one', 'two', 'three'])
    await worker.terminate() // while it listens
    await assert.rejects(fetch(url('/', port)))
    await Promise.all([one.close(), two.close()])
  })
})
