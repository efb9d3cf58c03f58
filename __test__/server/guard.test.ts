import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'

import { type Running, type Sent, serve, wireBody } from './host.ts'

let server: Running
let ran = 0

before(async () => {
  server = await serve({
    actions: { act: () => async () => (ran += 1), take: () => async (..._: unknown[]) => 'taken' },
    allowedOrigins: ['*.friend.test'],
    limits: { body: '2kb', depth: 8, files: 2, fields: 10 },
  })
})
after(() => server.close())

const refusal = (sent: Sent): unknown[] => [sent.status, (JSON.parse(sent.text) as { code: string }).code]
const plain = { 'content-type': 'text/plain' }

describe('where a call comes from [D143, D145, D146, D147, D148]', () => {
  const call = (headers: Record<string, string>) => server.call('act', [], headers)
  for (const [what, headers, status] of [
    ['the same origin by fetch metadata', { 'sec-fetch-site': 'same-origin', origin: 'https://proxied.test' }, 200],
    ['no page at all', {}, 200],
    ['its own host', { host: 'app.test', origin: 'https://APP.test:443' }, 200],
    ['a friend', { origin: 'https://a.friend.test', 'sec-fetch-site': 'cross-site' }, 200],
    ['another site', { 'sec-fetch-site': 'cross-site' }, 403],
    ['another site that claims our host', { host: 'app.test', origin: 'https://app.test', 'sec-fetch-site': 'cross-site' }, 403],
    ['a sibling site', { 'sec-fetch-site': 'same-site', origin: 'https://b.app.test' }, 403],
    ['another host', { host: 'app.test', origin: 'https://evil.test' }, 403],
    ['a friend of nobody', { origin: 'https://friend.test' }, 403],
    ['the null origin', { origin: 'null' }, 403],
    ['an origin that is none', { origin: 'http://' }, 403],
  ] as [string, Record<string, string>, number][]) {
    test(`${what}: ${status}`, async () => {
      const before = ran
      const sent = await call(headers)
      assert.equal(sent.status, status)
      assert.equal(ran, status === 200 ? before + 1 : before, 'a refused call does not run')
      if (status === 403) assert.deepEqual(refusal(sent), [403, 'errand::origin-mismatch'])
    })
  }
})

describe('what a call may be', () => {
  test('an unknown id is 404 before its body is read [D48]', async () => {
    const sent = await server.send({ headers: { ...plain, 'errand-action': 'nope' }, body: 'not a reply' })
    assert.deepEqual(refusal(sent), [404, 'errand::unknown-action'])
    assert.equal(sent.headers['errand-unknown-action'], '1')
    for (const id of ['__proto__', 'constructor', 'toString', '', '../act']) {
      assert.equal((await server.send({ headers: { ...plain, 'errand-action': id }, body: '[]' })).status, 404, id)
    }
  })

  test('other methods and other posts are passed on, bodies untouched', async () => {
    for (const method of ['GET', 'PUT']) {
      const sent = await server.send({ method, headers: { 'errand-action': 'act' }, body: method === 'GET' ? '' : 'xyz' })
      assert.match(sent.text, /^passed on/)
    }
    const form = new FormData()
    form.append('title', 'x'.repeat(1000))
    for (const big of [false, true]) {
      if (big) form.append('more', 'y'.repeat(5000))
      const { body, contentType } = await wireBody(form)
      const sent = await server.send({ headers: { 'content-type': contentType }, body })
      assert.equal(sent.text, `passed on with ${body.length} bytes`)
    }
  })

  test('a wrong content type is 415 [D52]', async () => {
    for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/html', 'x']) {
      const sent = await server.send({ headers: { 'content-type': type, 'errand-action': 'act' }, body: '[]' })
      assert.deepEqual(refusal(sent), [415, 'errand::content-type'])
    }
  })

  test('a body at the limit passes, one byte more is 413 [D149]', async () => {
    const exact = JSON.stringify(['x'.repeat(2048 - 4)])
    assert.equal(exact.length, 2048)
    const send = (body: string) => server.send({ headers: { ...plain, 'errand-action': 'take' }, body })
    assert.equal((await send(exact)).status, 200)
    assert.deepEqual(refusal(await send(JSON.stringify(['x'.repeat(2048 - 3)]))), [413, 'errand::body-too-large'])
  })

  test('a chunked body is counted as it arrives [D151]', async () => {
    const text = await raw(
      `POST / HTTP/1.1\r\nhost: a\r\nerrand-action: take\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n` +
        `1000\r\n${'x'.repeat(4096)}\r\n`,
    )
    assert.match(text, /^HTTP\/1\.1 413 /)
    assert.match(text, /errand::body-too-large/)
    assert.equal((await server.call('act', [])).status, 200)
  })

  for (const [what, body] of [
    ['no JSON', 'nonsense'],
    ['an empty body', ''],
    ['no list of arguments', '{}'],
    ['a byte order mark', '\ufeff[]'],
    ['an unknown tag', '["$y1"]'],
    ['a lenient id', '["$Q 1"]'],
    ['a missing part', '["$Q1"]'],
    ['a number that JSON does not know', '[01]'],
    ['a lone escape', '["\\x"]'],
    ['two keys of one name', '[{"a":1,"a":2}]'],
    ['an id that is no text', '["$h1"]'],
  ] as [string, string][]) {
    test(`${what} is 400`, async () => {
      const sent = await server.send({ headers: { ...plain, 'errand-action': 'take' }, body })
      assert.equal(sent.status, 400, sent.text)
      assert.match((JSON.parse(sent.text) as { code: string }).code, /^errand::reply-/)
    })
  }

  test('what the body ends without fails, and nobody who does not look at it', async () => {
    for (const body of ['["$@1"]', '["$R1"]', '["$r1"]', '["$X1"]', '["$x1"]']) {
      const sent = await server.send({ headers: { ...plain, 'errand-action': 'take' }, body })
      assert.equal(sent.status, 200, body)
    }
  })

  test('nesting at the limit passes, one level more is 413 [D151]', async () => {
    const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
    const send = (levels: number) =>
      server.send({ headers: { ...plain, 'errand-action': 'take' }, body: nested(levels) })
    assert.equal((await send(8)).status, 200)
    assert.deepEqual(refusal(await send(9)), [413, 'errand::reply-too-much'])
  })

  test('files and fields at the limit pass, one more is 413', async () => {
    const call = async (files: number, fields: number) => {
      const form = new FormData()
      for (let n = 0; n < files; n++) form.append(`f${n}`, new Blob(['x']))
      for (let n = 0; n < fields; n++) form.append(`t${n}`, 'x')
      return server.call('take', [form])
    }
    assert.equal((await call(2, 0)).status, 200)
    assert.equal((await call(3, 0)).status, 413)
    assert.equal((await call(0, 9)).status, 200)
    assert.equal((await call(0, 11)).status, 413)
  })

  test('a multipart body that is cut off is 400, and the next request succeeds', async () => {
    const body = '--B\r\nContent-Disposition: form-data; name="0"\r\n\r\n["x'
    const headers = { 'content-type': 'multipart/form-data; boundary=B', 'errand-action': 'take' }
    assert.deepEqual(refusal(await server.send({ headers, body })), [400, 'errand::multipart-malformed'])
    const none = { ...headers, 'content-type': 'multipart/form-data' }
    assert.equal((await server.send({ headers: none, body })).status, 400)
    assert.equal((await server.call('act', [])).status, 200)
  })

  test('a connection that breaks off harms nobody [D150]', async () => {
    const socket = connect(server.port, '127.0.0.1')
    socket.write('POST / HTTP/1.1\r\nhost: a\r\nerrand-action: take\r\ncontent-type: text/plain\r\ncontent-length: 100\r\n\r\n["x')
    await new Promise((resolve) => setTimeout(resolve, 50)) // lets the server begin to read
    socket.destroy()
    assert.equal((await server.call('act', [])).status, 200)
  })
})

describe('options', () => {
  for (const [options, message] of [
    [{ limits: { body: '1 potato' } }, /limits\.body/],
    [{ limits: { string: '1 potato' } }, /limits\.string/],
    [{ limits: { files: -1 } }, /limits\.files/],
    [{ limits: { nodes: 2 ** 32 } }, /limits\.nodes/],
    [{ limits: { boundArgs: NaN } }, /limits\.boundArgs/],
    [{ limits: { depth: 1.5 } }, /limits\.depth/],
    [{ allowedOrigins: ['*.com'] }, /allowedOrigins/],
    [{ secret: 'short' }, /secret/],
    [{ actions: '/nowhere/errand.json' }, /manifest/],
  ] as [object, RegExp][]) {
    test(`${Object.keys(options)[0]} that can not be used throws`, async () => {
      await assert.rejects(serve({ actions: {}, ...options }), message)
    })
  }
})

/** Sends raw bytes; gives what comes back until the server closes. */
function raw(request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1')
    let text = ''
    socket.on('data', (chunk) => (text += chunk.toString()))
    socket.on('close', () => resolve(text)).on('error', reject)
    socket.write(request)
  })
}
