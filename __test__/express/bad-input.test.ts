/** What no browser sends, in bytes on a socket: each gets its typed answer, and the server lives on. */

import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { after, before, describe, test } from 'node:test'

import { type App, build, idOf, type Mount, startApp } from './app.ts'

interface Answer {
  status: number
  headers: Map<string, string>
  body: string
}

interface Bad {
  what: string
  headers?: Record<string, string>
  body?: string | Buffer
  /** Sent instead of the body's length. */
  declaredLength?: number
  chunked?: boolean
  status: number
  code: RegExp
}

let like: string

const BOUNDARY = 'x-errand-boundary'
const multipart = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` }
const part = (name: string, text: string): string => `--${BOUNDARY}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${text}\r\n`

const BODY_LIMIT = 1024 * 1024

const cases = (): Bad[] => [
  { what: 'a reply that is no JSON', body: '[1', status: 400, code: /^errand::reply-malformed$/ },
  { what: 'a reply that is no list', body: '{"0":1}', status: 400, code: /^errand::reply-malformed$/ },
  { what: 'a reply with a tag that nobody knows', body: '["$~1"]', status: 400, code: /^errand::reply-/ },
  { what: 'a reply that points to a part that is not there', body: '["$Q7"]', status: 400, code: /^errand::reply-/ },
  { what: 'a reply that is not UTF-8', body: Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d]), status: 400, code: /^errand::reply-malformed$/ },
  { what: 'an empty body', body: '', status: 400, code: /^errand::reply-malformed$/ },
  { what: 'values nested too deeply', body: `${'['.repeat(500)}${']'.repeat(500)}`, status: 413, code: /^errand::reply-too-much$/ },
  { what: 'a multipart body that was cut', headers: multipart, body: part('0', '[1]').slice(0, -8), status: 400, code: /^errand::multipart-malformed$/ },
  { what: 'a multipart body without its end', headers: multipart, body: part('0', '[1]'), status: 400, code: /^errand::multipart-malformed$/ },
  { what: 'a multipart body without a boundary', headers: { 'content-type': 'multipart/form-data' }, body: 'x', status: 400, code: /^errand::multipart-malformed$/ },
  { what: 'JSON as a content type', headers: { 'content-type': 'application/json' }, body: '[1]', status: 415, code: /^errand::content-type$/ },
  { what: 'no content type', headers: { 'content-type': '' }, body: '[1]', status: 415, code: /^errand::content-type$/ },
  { what: 'a body that says it is too large', declaredLength: BODY_LIMIT + 1, status: 413, code: /^errand::body-too-large$/ },
  { what: 'a body that turns out too large', body: Buffer.alloc(BODY_LIMIT + 1, 0x20), chunked: true, status: 413, code: /^errand::body-too-large$/ },
  { what: 'a forged id', headers: { 'errand-action': 'f'.repeat(32) }, body: '[1]', status: 404, code: /^errand::unknown-action$/ },
  { what: 'a key of every object as an id', headers: { 'errand-action': '__proto__' }, body: '[1]', status: 404, code: /^errand::unknown-action$/ },
  { what: 'a page of another origin', headers: { origin: 'https://elsewhere.test' }, body: '[1]', status: 403, code: /^errand::origin-mismatch$/ },
  { what: 'a page of the null origin', headers: { origin: 'null' }, body: '[1]', status: 403, code: /^errand::origin-mismatch$/ },
  { what: 'another site, as the browser says', headers: { 'sec-fetch-site': 'cross-site' }, body: '[1]', status: 403, code: /^errand::origin-mismatch$/ },
]

before(() => {
  build()
  like = idOf('like')
})

for (const mount of ['before', 'after'] as Mount[]) {
  describe(`handler.node ${mount} the body parsers`, () => {
    let app: App
    before(async () => void (app = await startApp(mount)))
    after(() => app?.stop())

    /** Message 1 is there from the beginning. */
    const goodCall = async (): Promise<void> => {
      const { status, body } = await send(app.port, { body: '[1]' })
      assert.equal(status, 200)
      assert.match(body, /"a":/)
    }

    test('a good call is answered', goodCall)

    for (const bad of cases()) {
      test(`${bad.what}: ${bad.status}`, async () => {
        const { status, headers, body } = await send(app.port, bad)
        assert.equal(status, bad.status, body)
        assert.match(headers.get('content-type') ?? '', /^application\/json/)
        const { code, message, hint } = JSON.parse(body) as Record<string, string>
        assert.match(code ?? '', bad.code)
        assert.ok(message && hint, body)
        assert.equal(headers.get('errand-unknown-action'), bad.status === 404 ? '1' : undefined)
        assert.ok(app.alive())
        await goodCall()
      })
    }

    test('a connection that breaks off in the middle of a body ends nothing but itself', async () => {
      const socket = connect(app.port, 'localhost')
      socket.write(head(app.port, { headers: multipart, declaredLength: 5_000 }, 0))
      socket.write(part('0', '[1]').slice(0, 20))
      await new Promise<void>((resolve) => setImmediate(resolve))
      socket.destroy()
      await goodCall()
      assert.ok(app.alive())
    })

    test('bytes that are no HTTP end nothing but their connection', async () => {
      const socket = connect(app.port, 'localhost')
      socket.end('\x16\x03\x01 hello\r\n\r\n')
      assert.match(await everything(socket), /^HTTP\/1\.1 400 /)
      await goodCall()
    })
  })
}

/** Sends one request on a connection of its own and reads until the server closes it. */
async function send(port: number, request: Omit<Bad, 'what' | 'status' | 'code'>): Promise<Answer> {
  const body = Buffer.from(request.body ?? '')
  const socket = connect(port, 'localhost')
  socket.on('error', () => {}) // a reset after the answer is the server's right
  socket.write(head(port, request, body.length))
  socket.write(request.chunked ? Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')]) : body)
  const text = await everything(socket)
  const end = text.indexOf('\r\n\r\n')
  assert.ok(end > 0, `no answer, but ${JSON.stringify(text)}`)
  const [first = '', ...lines] = text.slice(0, end).split('\r\n')
  const headers = new Map(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]))
  const raw = text.slice(end + 4)
  return { status: Number(first.split(' ')[1]), headers, body: headers.has('transfer-encoding') ? unchunked(raw) : raw }
}

function head(port: number, { headers, declaredLength, chunked }: Partial<Bad>, length: number): string {
  const all: Record<string, string> = {
    host: `localhost:${port}`,
    connection: 'close',
    accept: 'text/x-component',
    'content-type': 'text/plain;charset=UTF-8',
    'errand-action': like,
    ...(chunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(declaredLength ?? length) }),
    ...headers,
  }
  const lines = Object.entries(all).flatMap(([name, value]) => (value === '' ? [] : [`${name}: ${value}`]))
  return ['POST / HTTP/1.1', ...lines, '', ''].join('\r\n')
}

function everything(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.once('error', () => {})
    socket.once('close', () => resolve(Buffer.concat(chunks).toString()))
  })
}

function unchunked(text: string): string {
  return text.replace(/(?:^|\r\n)[0-9a-f]+\r\n/g, '').replace(/\r\n$/, '')
}
