/** What strangers send, to any server of ours: it answers or closes, serves the next request, and keeps nothing. */

import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import process from 'node:process'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { cases, call, HOST } from './cases.ts'
import { answers, hear } from './raw.ts'
import type { Measured, Patience } from './server.ts'

const SHORT: Patience = { headersMs: 400, bodyMs: 400, idleMs: 600 }
const LONG: Patience = { headersMs: 60_000, bodyMs: 60_000, idleMs: 60_000 }

class Server {
  readonly port: number
  readonly #child: ChildProcess

  constructor(port: number, child: ChildProcess) {
    this.port = port
    this.#child = child
  }

  static async start(kind: string, patience: Patience): Promise<Server> {
    const child = fork(fileURLToPath(new URL('server.ts', import.meta.url)), [JSON.stringify({ kind, patience })])
    const [port] = (await once(child, 'message')) as [number]
    return new Server(port, child)
  }

  async measure(): Promise<Measured> {
    this.#child.send('measure')
    const [measured] = (await once(this.#child, 'message')) as [Measured]
    return measured
  }

  /** Measures until it is so, or five seconds have passed. */
  async settled(isSo: (it: Measured) => boolean): Promise<Measured> {
    for (let tries = 0; ; tries += 1) {
      const measured = await this.measure()
      if (isSo(measured) || tries === 50) return measured
      await sleep(100)
    }
  }

  async serves(): Promise<void> {
    const { text } = await hear(this.port, [call('echo', '["next"]')], { until: answers(1) })
    assert.match(text, /^HTTP\/1\.1 200 [^]*1:\["next"\]\n$/)
  }

  stop(): void {
    this.#child.disconnect()
  }
}

/** Runs the suite against one kind of server. */
export function rawSockets(kind: 'listen' | 'node:http'): void {
  describe(`raw sockets, ${kind}`, { skip: process.platform === 'win32' }, () => {
    let server: Server
    let before_: Measured
    before(async () => {
      server = await Server.start(kind, SHORT)
      for (let warm = 0; warm < 20; warm += 1) await server.serves()
      before_ = await server.measure()
    })
    after(() => server.stop())

    for (const { what, pieces, options, expected } of cases) {
      test(what, async () => {
        const heard = await hear(server.port, pieces, { until: answers(1), ...options })
        const { statuses, isClosed, text } = heard
        const allowed = Array.isArray(expected) ? expected : expected[kind]
        const outcome = statuses.length > 0 ? statuses.join(' ') : isClosed ? 'closed' : options?.cut ? 'cut' : 'silence'
        assert.ok(allowed.map(String).includes(outcome), `${outcome}, expected ${allowed.join(' or ')}:\n${text}`)
        await server.serves()
      })
    }

    test('answers to requests in one go come in their order', async () => {
      const all = Array.from({ length: 20 }, (_, n) => call('echo', `[${n}]`)).join('')
      const { text, statuses } = await hear(server.port, [all], { until: answers(20) })
      assert.deepEqual(statuses, Array(20).fill(200))
      assert.deepEqual([...text.matchAll(/1:\[(\d+)\]/g)].map(([, n]) => Number(n)), Array.from({ length: 20 }, (_, n) => n))
    })

    test('a head that comes byte by byte is not waited for', async () => {
      const drip = [...'POST / HTTP/1.1\r\nx-slow: '.padEnd(400, 'x')].flatMap((byte) => [byte, 20])
      const start = performance.now()
      const { statuses, isClosed } = await hear(server.port, drip)
      assert.ok(isClosed && (statuses.length === 0 || statuses[0] === 408), `${statuses}`)
      assert.ok(performance.now() - start < 3_000)
      await server.serves()
    })

    test('a connection that is idle is closed, and one that is not is not', async () => {
      const { statuses, isClosed } = await hear(server.port, [call('echo', '[1]'), 200, call('echo', '[2]'), 200, call('echo', '[3]')])
      assert.deepEqual([statuses, isClosed], [[200, 200, 200], true])
    })

    test('two slashes in a target name no host', async () => {
      const { text } = await hear(server.port, [call('where', '[]', { target: '//evil.test/a' })], { until: answers(1) })
      assert.match(text, /1:"http:\/\/app\.test\/\/evil\.test\/a"/)
    })

    test('an absolute target names it', async () => {
      const { text } = await hear(server.port, [call('where', '[]', { target: `http://app.test/a?b` })], { until: answers(1) })
      assert.match(text, /1:"http:\/\/app\.test\/a\?b"/)
    })

    test('uploads that are cut leave no file and no handle', async () => {
      const head = `POST / HTTP/1.1\r\n${HOST}errand-action: size\r\ncontent-type: multipart/form-data; boundary=b\r\ncontent-length: 1000000\r\n\r\n`
      const part = `--b\r\ncontent-disposition: form-data; name="1"; filename="f"\r\n\r\n${'x'.repeat(300_000)}`
      await Promise.all(Array.from({ length: 20 }, () => hear(server.port, [head, part, 20], { cut: true })))
      await server.serves()
      const { temporaryFiles } = await server.settled((it) => it.temporaryFiles === 0)
      assert.equal(temporaryFiles, 0)
    })

    test('afterwards there are no more handles and files than before, and hardly more memory', async () => {
      // Once more, many times: what leaks a little shows.
      const quick = cases.filter(({ options }) => options?.mostMs === undefined && !options?.isSlow)
      for (let round = 0; round < 10; round += 1) {
        await Promise.all(quick.map(({ pieces, options }) => hear(server.port, pieces, { until: answers(1), mostMs: 1_000, ...options })))
      }
      const end = await server.settled((it) => it.handles <= before_.handles && it.temporaryFiles === 0)
      assert.ok(end.handles <= before_.handles, `${end.handles} handles, ${before_.handles} before`)
      assert.equal(end.temporaryFiles, 0)
      assert.ok(end.memory - before_.memory < 64, `${end.memory} MB, ${before_.memory} before`)
      await server.serves()
    })
  })

  describe(`many idle connections, ${kind}`, { skip: process.platform === 'win32' }, () => {
    const MANY = Math.min(10_000, openFiles() - 500)

    test(`${MANY} of them keep nobody from being served, and leave nothing`, async (t) => {
      if (MANY < 10_000) t.diagnostic(`only ${MANY}: this system allows ${openFiles()} open files`)
      const server = await Server.start(kind, LONG)
      t.after(() => server.stop())
      await server.serves()
      const before = await server.measure()
      const sockets: Socket[] = []
      for (let at = 0; at < MANY; at += 500) sockets.push(...(await Promise.all(Array.from({ length: Math.min(500, MANY - at) }, () => opened(server.port)))))
      // Some have said nothing, some a bit, some are between two requests.
      sockets.forEach((socket, at) => at % 3 > 0 && socket.write(at % 3 === 1 ? 'POST / HT' : call('echo', '[1]')))
      await server.serves()
      const most = before.handles + MANY - 5 // a connection of our own may have ended
      const open = await server.settled((it) => it.handles >= most)
      assert.ok(open.handles >= most, `${open.handles} handles, ${before.handles} before`)
      t.diagnostic(`${((open.memory - before.memory) * 1024 / MANY).toFixed(1)} KB each`)
      for (const socket of sockets) socket.destroy()
      const end = await server.settled((it) => it.handles <= before.handles)
      assert.ok(end.handles <= before.handles, `${end.handles} handles, ${before.handles} before`)
      await server.serves()
    })
  })
}

async function opened(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {}).resume()
  await once(socket, 'connect')
  return socket
}

/** How many files a process of this system may have open. */
function openFiles(): number {
  if (process.platform !== 'linux') return 2_000
  const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
  return Number(soft ?? 1024)
}
