/** Bodies that are decoded while they arrive, over real sockets. */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, before, test } from 'node:test'

import { decodeResult } from 'errand'

import { tempFolder } from '../support/temp.ts'
import { type Running, serve } from './host.ts'

/** This test's own, to be counted in: others run at the same time. */
const temporary = tempFolder('uploads')
process.env['TMPDIR'] = temporary.path

const MB = 1 << 20
const BOUNDARY = 'b0undary'

const stored = (): number => readdirSync(temporary.path).filter((name) => name.startsWith('errand-')).length
const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

let seen: unknown
const actions = {
  hash: () => async (...files: File[]) =>
    Promise.all(files.map(async (file) => [file.name, file.type, file.size, sha(new Uint8Array(await file.arrayBuffer()))])),
  form: () => async (form: FormData) => Promise.all([...form].map(async ([key, value]) => [key, typeof value === 'string' ? value : (await value.text()).length])),
  view: () => async (view: Uint8Array) => sha(view),
  post: () => async (form: FormData) => {
    seen = await actions.form()(form)
  },
  wait: () => async (promise: Promise<unknown>) => (seen = await promise),
  follow: () => async (items: AsyncIterable<unknown>) => {
    const all = []
    for await (const item of items) all.push((seen = item))
    return all
  },
  echo: () => async (file: File) => ({ file }),
  apply: () => async (_: File, fn: (n: number) => Promise<number>) => fn(4),
  double: () => async (n: number) => n * 2,
}

let server: Running

before(async () => {
  server = await serve({ actions, limits: { file: '300mb', files: 3 } })
})
after(async () => {
  await server.close()
  temporary.remove()
})

function open(id: string, headers: Record<string, string> = {}): ClientRequest {
  return httpRequest(server.url, {
    method: 'POST',
    headers: { 'errand-action': id, 'content-type': `multipart/form-data; boundary=${BOUNDARY}`, ...headers },
  })
}

const part = (name: string, content: string, file?: string): string =>
  `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${file ? `; filename="${file}"\r\nContent-Type: x/y` : ''}\r\n\r\n${content}`
const END = `\r\n--${BOUNDARY}--\r\n`

async function answerTo(request: ClientRequest): Promise<{ status: number; text: string }> {
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) text += chunk
  return { status: response.statusCode ?? 0, text }
}

/** Calls as a browser does. */
async function call(id: string, body: FormData): Promise<any> {
  const response = await fetch(server.url, { method: 'POST', headers: { 'errand-action': id }, body })
  const root = (await decodeResult(response.body!)) as { a: unknown }
  return root.a
}

function reply(root: string, parts: Record<string, string | Blob>): FormData {
  const form = new FormData()
  for (const [name, value] of Object.entries(parts)) form.append(name, value as Blob)
  form.append('0', root)
  return form
}

test('large and small files arrive whole, with name and type [D34]', async () => {
  const large = new Uint8Array(5 * MB).map((_, at) => at * 7)
  const small = new Uint8Array([1, 2, 3])
  const files = { 1: new File([large], 'ü "1".bin', { type: 'x/y' }), 2: new File([small], 'small', { type: 'text/plain' }) }
  assert.deepEqual(await call('hash', reply('["$B1","$B2","$B1"]', files)), [
    ['ü "1".bin', 'x/y', large.length, sha(large)],
    ['small', 'text/plain', 3, sha(small)],
    ['ü "1".bin', 'x/y', large.length, sha(large)],
  ])
  assert.equal(stored(), 0)
})

test('files of a form and a view may be large too', async () => {
  const form = reply('["$K1"]', { _1_title: 'x'.repeat(70_000), _1_doc: new File(['y'.repeat(200_000)], 'a.txt') })
  assert.deepEqual(await call('form', form), [['title', 'x'.repeat(70_000)], ['doc', 200_000]])
  const bytes = new Uint8Array(500_000).map((_, at) => at)
  assert.equal(await call('view', reply('["$o1"]', { 1: new Blob([bytes]) })), sha(bytes))
  assert.equal(stored(), 0)
})

test('functions among arguments that arrive are this server’s, or refused', async () => {
  const file = new File(['y'.repeat(100_000)], 'a')
  assert.equal(await call('apply', reply('["$B1","$h2"]', { 1: file, 2: '{"id":"double","bound":null}' })), 8)
  const refused = await fetch(server.url, {
    method: 'POST',
    headers: { 'errand-action': 'apply' },
    body: reply('["$B1","$h2"]', { 1: file, 2: '{"id":"toString","bound":null}' }),
  })
  assert.equal(refused.status, 404)
})

test('a form without JavaScript may hold large files', async () => {
  const form = new FormData()
  form.append('$ACTION_ID_post', '')
  form.append('title', 'Hi')
  form.append('doc', new File(['x'.repeat(5 * MB)], 'a.txt'))
  const expected = [['title', 'Hi'], ['doc', 5 * MB]]
  const overSocket = await fetch(server.url, { method: 'POST', body: form, redirect: 'manual' })
  assert.deepEqual([overSocket.status, seen], [303, expected])
  seen = undefined
  const inProcess = await server.handler.fetch(new Request(server.url, { method: 'POST', body: form }))
  assert.deepEqual([inProcess?.status, seen], [303, expected])
  assert.equal(stored(), 0)

  form.delete('doc')
  form.append('doc', new File(['x'.repeat(301 * MB)], 'a.txt'))
  assert.equal((await fetch(server.url, { method: 'POST', body: form })).status, 413)
  assert.equal(stored(), 0)
})

test('a form that is not ours is left whole, however long it is', async () => {
  const form = new FormData()
  form.append('doc', new File(['x'.repeat(3 * MB)], 'a.txt'))
  const sent = new Response(form)
  const body = new Uint8Array(await sent.arrayBuffer())
  const headers = { 'content-type': sent.headers.get('content-type') ?? '' }
  const { status, text } = await server.send({ headers, body })
  assert.deepEqual([status, text], [404, `passed on with ${body.length} bytes`])
  const request = new Request(server.url, { method: 'POST', headers, body })
  assert.equal(await server.handler.fetch(request), null)
  assert.equal((await request.arrayBuffer()).byteLength, body.length)
})

test('an action runs before the rest of its arguments is there', async () => {
  seen = undefined
  const request = open('follow')
  request.write(`${part('0', '["$X1"]')}\r\n${part('S1', '"first"')}\r\n--${BOUNDARY}`)
  while (seen === undefined) await sleep(2)
  assert.equal(seen, 'first')
  request.write(`\r\nContent-Disposition: form-data; name="S1"\r\n\r\n{"n":2}\r\n${part('S1', 'C')}${END}`)
  request.end()
  const { status, text } = await answerTo(request)
  assert.equal(status, 200)
  assert.match(text, /1:\["first",\{"n":2\}\]/)
})

test('a call that breaks off fails its promises, and leaves nothing', async () => {
  for (const cut of [true, false]) {
    const request = open('wait')
    request.on('error', () => {})
    request.write(`${part('0', '["$@1"]')}\r\n${part('2', 'x'.repeat(100_000), 'file')}`)
    await sleep(50)
    if (cut) request.destroy()
    else request.end(END)
    if (!cut) {
      const { status, text } = await answerTo(request)
      assert.equal(status, 500)
      assert.match(text, /reply-incomplete|before this value came/)
    }
  }
  while (stored() > 0) await sleep(5)
})

test('what is too much is refused while it arrives [D151]', async () => {
  const cases: [string, (request: ClientRequest) => void, number, RegExp][] = [
    ['a file', (it) => it.write(part('1', 'x'.repeat(301 * MB), 'f')), 413, /file_bytes/],
    ['text', (it) => it.write(part('1', 'x'.repeat(2 * MB))), 413, /body_bytes/],
    ['a head', (it) => it.write(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="${'x'.repeat(100_000)}`), 400, /head is too long/],
    ['a preamble', (it) => it.write('x'.repeat(100_000)), 400, /malformed/],
    ['no end', (it) => it.end(part('0', '[1]')), 400, /incomplete/],
  ]
  for (const [what, send, status, message] of cases) {
    const request = open('hash')
    request.on('error', () => {})
    send(request)
    const answer = await answerTo(request)
    assert.equal(answer.status, status, `${what}: ${answer.text}`)
    assert.match(answer.text, message)
    request.destroy()
  }
  const declared = open('hash', { 'content-length': `${2 ** 40}` })
  declared.on('error', () => {})
  declared.flushHeaders()
  assert.equal((await answerTo(declared)).status, 413)
  declared.destroy()
  while (stored() > 0) await sleep(5)
})

test('a file that an action returns is there until it was sent', async () => {
  const bytes = new Uint8Array(3 * MB).map((_, at) => at * 3)
  const { file } = await call('echo', reply('["$B1"]', { 1: new File([bytes], 'a') }))
  assert.equal(sha(new Uint8Array(await file.arrayBuffer())), sha(bytes))
  while (stored() > 0) await sleep(5)
})
