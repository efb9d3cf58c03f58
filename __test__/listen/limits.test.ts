/** Each bound of `handler.listen`: at it, and one past it. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { connect as connectHttp2, constants } from 'node:http2'
import { connect, type Socket } from 'node:net'
import process from 'node:process'
import { afterEach, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

import { createHandler, type Handler, type ListenOptions, type Server } from 'errand/server'

import { call } from '../sockets/cases.ts'
import { answers, hear } from '../sockets/raw.ts'

const LARGE = new Uint8Array(32 << 20)

let handler: Handler
async function listen(options: ListenOptions): Promise<Server> {
  const actions = { echo: () => async (...args: unknown[]) => args }
  handler = createHandler({ actions })
  return handler.listen({ host: '127.0.0.1', graceMs: 0, ...options })
}
afterEach(() => handler.close())

const status = async ({ port }: Server, request: string): Promise<number | undefined> =>
  (await hear(port, [request], { until: answers(1) })).statuses[0]

async function opened({ port }: Server): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => {})
  await once(socket, 'connect')
  return socket
}

async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; !isSo(); tries += 1) {
    assert.ok(tries < 1000, 'it never came to pass')
    await sleep(5)
  }
}

test('connections', async () => {
  const server = await listen({ maxConnections: 3 })
  const sockets = [await opened(server), await opened(server), await opened(server)]
  await until(() => server.connections === 3)
  const fourth = await opened(server)
  await once(fourth.resume(), 'close')
  sockets[0]!.destroy()
  await until(() => server.connections === 2)
  assert.equal(await status(server, call('echo', '[1]')), 200)
  for (const socket of sockets) socket.destroy()
})

test('bytes of a head', async () => {
  const server = await listen({ maxHeaderBytes: '1kb' })
  const body = '[1]'
  const bytes = (filler: number): string => call('echo', body, { headers: `x-filler: ${'x'.repeat(filler)}\r\n` })
  const empty = bytes(0).length - body.length
  assert.equal(await status(server, bytes(1024 - empty)), 200)
  assert.equal(await status(server, bytes(1025 - empty)), 431)
  const session = connectHttp2(`http://127.0.0.1:${server.port}`)
  const get = async (filler: number): Promise<unknown> => {
    const stream = session.request({ 'x-filler': 'x'.repeat(filler) })
    const [head] = (await once(stream.resume(), 'response')) as [Record<string, unknown>]
    return head[':status']
  }
  assert.equal(await get(500), 404)
  assert.equal(await get(1024), 431)
  session.close()
})

test('headers', async () => {
  const server = await listen({ maxHeaders: 10 })
  const own = 4 // host, action, type, length
  const many = (count: number): string => call('echo', '[1]', { headers: Array.from({ length: count - own }, (_, n) => `x-${n}: 1\r\n`).join('') })
  assert.equal(await status(server, many(10)), 200)
  assert.equal(await status(server, many(11)), 431)
  const session = connectHttp2(`http://127.0.0.1:${server.port}`)
  const get = async (count: number): Promise<unknown> => {
    const stream = session.request(Object.fromEntries(Array.from({ length: count }, (_, n) => [`x-${n}`, '1'])))
    const [head] = (await once(stream.resume(), 'response')) as [Record<string, unknown>]
    return head[':status']
  }
  assert.equal(await get(10), 404)
  assert.equal(await get(11), 431)
  session.close()
})

test('requests at a time on one connection of HTTP/2', async () => {
  let running = 0
  let most = 0
  let release = (): void => {}
  const released = new Promise<void>((resolve) => (release = resolve))
  const fetch = async (): Promise<Response> => {
    most = Math.max(most, (running += 1))
    await released
    running -= 1
    return new Response('x')
  }
  const server = await listen({ maxStreams: 3, fetch })
  const session = connectHttp2(`http://127.0.0.1:${server.port}`)
  const [settings] = (await once(session, 'remoteSettings')) as [{ maxConcurrentStreams: number }]
  assert.equal(settings.maxConcurrentStreams, 3)
  const streams = Array.from({ length: 4 }, () => session.request({}).resume())
  await until(() => running === 3)
  release()
  await Promise.all(streams.map((stream) => once(stream, 'close')))
  assert.equal(most, 3)
  session.close()
})

test('time for a head: one in time is answered, one too late is closed', async () => {
  const server = await listen({ headersMs: 300 })
  const [first, second] = [call('echo', '[1]').slice(0, 20), call('echo', '[1]').slice(20)]
  assert.deepEqual((await hear(server.port, [first, 100, second], { until: answers(1) })).statuses, [200])
  const late = await hear(server.port, [first, 900, second], { until: answers(1) })
  assert.deepEqual([late.statuses, late.isClosed], [[], true])
})

test('time between pieces of a body, not for all of it', async () => {
  const server = await listen({ bodyMs: 300, fetch: async (request) => new Response(await request.text()) })
  const head = `POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 6\r\n\r\n`
  const drip = ['a', 150, 'b', 150, 'c', 150, 'd', 150, 'e', 150, 'f']
  const isWhole = (text: string): boolean => text.endsWith('\r\n0\r\n\r\n')
  assert.match((await hear(server.port, [head, ...drip], { until: isWhole })).text, /\r\nabcdef\r\n/)
  assert.deepEqual((await hear(server.port, [head, 'abc', 1_000, 'def'], { until: answers(1) })).statuses, [408])
})

test('time in which an answer is taken: who takes none is cut off, who takes some is not', async () => {
  const server = await listen({ bodyMs: 300, fetch: () => new Response(LARGE) })
  const stuck = await opened(server)
  stuck.pause().write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  await until(() => server.connections === 1)
  await until(() => server.connections === 0)
  stuck.destroy()

  const slow = await opened(server)
  slow.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
  let bytes = 0
  for await (const chunk of slow) {
    bytes += (chunk as Uint8Array).length
    if (bytes % 7 === 0) await sleep(1)
  }
  assert.ok(bytes > LARGE.length)
})

test('time between requests: shorter is served, longer is closed; of HTTP/2 with a good-bye', async () => {
  const server = await listen({ idleMs: 300 })
  const one = call('echo', '[1]')
  const { statuses, isClosed } = await hear(server.port, [one, 150, one, 150, one])
  assert.deepEqual([statuses, isClosed], [[200, 200, 200], true])
  const session = connectHttp2(`http://127.0.0.1:${server.port}`)
  const [code] = (await once(session, 'goaway')) as [number]
  assert.equal(code, constants.NGHTTP2_NO_ERROR)
  await once(session, 'close')
})

test('an upload is read no faster than it is taken', async () => {
  let take = (): void => {}
  const taken = new Promise<void>((resolve) => (take = resolve))
  const fetch = async (request: Request): Promise<Response> => {
    await taken
    let bytes = 0
    for await (const chunk of request.body!) bytes += (chunk as Uint8Array).length
    return new Response(String(bytes))
  }
  const server = await listen({ fetch })
  const socket = await opened(server)
  socket.write(`POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${LARGE.length}\r\n\r\n`)
  let isSent = false
  socket.write(LARGE, () => (isSent = true))
  const before = process.memoryUsage().rss
  await sleep(500)
  assert.equal(isSent, false)
  assert.ok(process.memoryUsage().rss - before < 24 << 20)
  take()
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
  await until(() => text.includes(`\r\n${LARGE.length}\r\n`))
  socket.destroy()
})

test('a process lives as long as it listens, unless it need not, and ends when closed', async () => {
  await listen({})
  const run = async (then: string): Promise<string> => {
    const script = `
      import { createHandler } from 'errand/server'
      const handler = createHandler({ actions: {} })
      const server = await handler.listen({ host: '127.0.0.1' })
      process.on('exit', () => console.log('end'))
      ${then}`
    const options = { cwd: process.cwd(), timeout: 20_000 }
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], options)
    return stdout
  }
  assert.equal(await run('server.unref()'), 'end\n')
  assert.equal(await run("setTimeout(() => { console.log('alive'); void handler.close() }, 500).unref()"), 'alive\nend\n')
  assert.equal(await run('server.unref().ref(); await server.close()'), 'end\n')
  assert.equal(await run("process.exit()"), 'end\n')
})
