import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, afterEach, before, beforeEach, test } from 'node:test'

import { ActionError, CallError, configure, createServerReference, UnknownActionError } from '../../npm/client/index.ts'
import { latest, serial } from '../../npm/client/order.ts'

interface Seen { id: string; body: string; headers: IncomingMessage['headers']; url: string }

/** What the server does next; and what it was sent. */
let answer: (request: Seen, response: ServerResponse) => void
let seen: Seen[] = []

const server = createServer(async (request, response) => {
  let body = ''
  for await (const chunk of request) body += chunk
  const it = { id: String(request.headers['errand-action']), body, headers: request.headers, url: request.url! }
  seen.push(it)
  answer(it, response)
})

const DEFAULTS = { headers: {}, fetch: undefined, onRedirect: undefined, onRevalidate: undefined, onUnknownAction: 'throw', concurrency: 'parallel' }
let origin = ''

before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
after(() => server.close())
beforeEach(() => {
  seen = []
  answer = (_, response) => rows(response, '0:{"a":"$@1"}\n1:"ok"\n')
  configure({ url: `${origin}/page?x=1` })
})
afterEach(() => configure(DEFAULTS as never))

function rows(response: ServerResponse, text: string, headers: Record<string, string> = {}): void {
  response.writeHead(200, { 'content-type': 'text/x-component', ...headers }).end(text)
}

test('a call is a POST to the page with the id, and gives the result', async () => {
  const save = createServerReference('id-1')
  assert.equal(await save('hi', 1n), 'ok')
  const [request] = seen
  assert.equal(request!.url, '/page?x=1')
  assert.equal(request!.id, 'id-1')
  assert.equal(request!.body, '["hi","$n1"]')
  assert.equal(request!.headers.accept, 'text/x-component')
})

test('a form arrives as multipart', async () => {
  const form = new FormData()
  form.append('title', 'Hello')
  await createServerReference('id-1')(form)
  assert.match(seen[0]!.headers['content-type']!, /^multipart\/form-data/)
  assert.match(seen[0]!.body, /name="_1_title"\r\n\r\nHello/)
})

test('no more arguments are sent than the action declares [D29, D30]', async () => {
  const event = new Event('click')
  await createServerReference('id-1', 0, false)(event)
  await createServerReference('id-1', 2, false).bind(null, 1)(2, event)
  assert.deepEqual(seen.map((it) => it.body), ['[]', '[1,2]'])
  await assert.rejects(createServerReference('id-1')(event), { code: 'errand::unserializable', message: /args\[0\] is an instance of Event/ })
})

test('a reference is what React takes for one, and stays one when bound', async () => {
  const save = createServerReference('id-1', 9, false, 'save')
  const bound = save.bind(null, 1).bind({}, 2, 3)
  assert.equal(save.name, 'save')
  assert.equal(save.$$typeof, Symbol.for('react.server.reference'))
  assert.equal(save.$$bound, null)
  assert.deepEqual([bound.$$id, bound.$$bound], ['id-1', [1, 2, 3]])
  await bound(4)
  assert.equal(seen[0]!.body, '[1,2,3,4]')
})

test('headers come from configure and from the call, and cannot break the protocol', async () => {
  configure({ headers: async () => ({ 'x-common': 'a', 'x-both': 'a', accept: '*/*' }) })
  await createServerReference('id-1').with({ headers: { 'x-one': 'b', 'x-both': 'b' } })()
  const { headers } = seen[0]!
  assert.deepEqual([headers['x-common'], headers['x-one'], headers['x-both'], headers.accept], ['a', 'b', 'b', 'text/x-component'])
})

test('fetch can be replaced', async () => {
  const urls: unknown[] = []
  configure({ fetch: (url, init) => (urls.push(url), fetch(url, init)) })
  await createServerReference('id-1')()
  assert.deepEqual(urls, [`${origin}/page?x=1`])
})

test('an unknown action rejects with an error of its own [D48, D51]', async () => {
  answer = (_, response) => response.writeHead(404, { 'errand-unknown-action': '1' }).end()
  await assert.rejects(createServerReference('id-1')(), (error) => {
    assert.ok(error instanceof UnknownActionError && error instanceof CallError)
    assert.deepEqual([error.code, error.id, error.status], ['errand::unknown-action', 'id-1', 404])
    return true
  })
})

test('an unknown action reloads the page, once', async () => {
  answer = (_, response) => response.writeHead(404, { 'errand-unknown-action': '1' }).end()
  configure({ onUnknownAction: 'reload' })
  const stored = new Map<string, string>()
  const reloaded = new Promise<void>((resolve) => {
    withBrowser({ reload: resolve }, { getItem: (key: string) => stored.get(key) ?? null, setItem: (key: string, value: string) => stored.set(key, value) })
  })
  try {
    const settled = createServerReference('id-1')().then(() => 'settled', () => 'settled')
    assert.equal(await Promise.race([settled, reloaded.then(() => 'reloaded')]), 'reloaded')
    await assert.rejects(createServerReference('id-1')(), { code: 'errand::unknown-action' })
  } finally {
    withoutBrowser()
  }
})

test('a redirect is handed to onRedirect, after what was invalidated [D67]', async () => {
  const events: unknown[] = []
  configure({
    onRedirect: (url, status) => events.push(['redirect', url, status]),
    onRevalidate: (it) => events.push(['revalidate', it]),
  })
  answer = (_, response) =>
    rows(response, '', { 'errand-redirect': '303;/posts?a;b', 'errand-revalidated': '{"paths":["/posts"],"tags":["t"]}' })
  assert.equal(await createServerReference('id-1')(), undefined)
  assert.deepEqual(events, [['revalidate', { paths: ['/posts'], tags: ['t'] }], ['redirect', '/posts?a;b', 303]])
})

test('a redirect loads the page, and the call never settles', async () => {
  answer = (_, response) => rows(response, '', { 'errand-redirect': '307;/posts' })
  const assigned = new Promise<string>((resolve) => withBrowser({ assign: resolve }))
  try {
    const settled = createServerReference('id-1')().then(() => 'settled', () => 'settled')
    assert.equal(await Promise.race([settled, assigned]), `${origin}/posts`)
  } finally {
    withoutBrowser()
  }
})

test('a redirect cannot run a script', async () => {
  answer = (_, response) => rows(response, '', { 'errand-redirect': '307;javascript:alert(1)' })
  await assert.rejects(createServerReference('id-1')(), { code: 'errand::bad-redirect' })
})

test('the default URL is the page’s, without its hash', async () => {
  configure({ url: undefined } as never)
  withBrowser({ href: `${origin}/here?q=1#hash` })
  try {
    await createServerReference('id-1')()
  } finally {
    withoutBrowser()
  }
  assert.equal(seen[0]!.url, '/here?q=1')
})

test('a refusal keeps its code, its hint and its status', async () => {
  answer = (_, response) =>
    response.writeHead(403, { 'content-type': 'application/json' }).end('{"code":"errand::cross-origin","message":"No","hint":"Allow it"}')
  await assert.rejects(createServerReference('id-1')(), (error) => {
    assert.ok(error instanceof CallError)
    assert.deepEqual([error.code, error.status, error.hint, error.message], ['errand::cross-origin', 403, 'Allow it', 'No. Allow it'])
    return true
  })
})

test('another answer than an action’s is an error with its status [D43, D44]', async () => {
  const answers: [number, string, string][] = [
    [502, 'text/html', '<h1>Bad gateway</h1>'],
    [200, 'text/html', '<p>Log in</p>'],
    [500, 'application/json', 'not json'],
    [500, 'application/json', '{"error":1}'],
    [200, 'text/x-component', '0:{"b":1}\n'],
    [200, 'text/x-component', '0:null\n'],
    [200, 'text/x-component', '<html>'.repeat(9)],
    [200, 'text/x-component', '0:{"a":\n'],
  ]
  for (const [status, type, body] of answers) {
    answer = (_, response) => response.writeHead(status, { 'content-type': type }).end(body)
    await assert.rejects(createServerReference('id-1')(), { name: 'CallError', code: 'errand::unexpected-response' }, body)
  }
})

test('an action’s failure is an Error with its digest; an ActionError has its data [D40]', async () => {
  answer = (_, response) => rows(response, '0:{"a":"$@1"}\n1:E{"digest":"d1","name":"Error","message":"","stack":[],"env":"Server","owner":null}\n')
  await assert.rejects(createServerReference('id-1')(), { digest: 'd1', message: 'The action failed' })
  answer = (_, response) => rows(response, '0:{"a":"$@1"}\n1:E{"digest":"d2","message":"Taken","errand":{"code":"title-taken","data":{"field":"title"}}}\n')
  await assert.rejects(createServerReference('id-1')(), (error: any) => {
    assert.ok(error instanceof ActionError)
    assert.deepEqual([error.code, error.data, error.digest, error.message], ['title-taken', { field: 'title' }, 'd2', 'Taken'])
    return true
  })
})

test('a server that cannot be reached, or goes away, is a network error [D42]', async () => {
  answer = (_, response) => response.destroy()
  await assert.rejects(createServerReference('id-1')(), (error: any) => error.code === 'errand::network' && error.cause instanceof TypeError)
  answer = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/x-component' })
    response.write('0:{"a":"$@1"}\n', () => response.destroy())
  }
  await assert.rejects(createServerReference('id-1')(), { code: 'errand::network' })
})

test('an answer that ends early is an error', async () => {
  answer = (_, response) => rows(response, '0:{"a":"$@1"}\n1:"not the e')
  await assert.rejects(createServerReference('id-1')(), { code: 'errand::connection-closed' })
})

test('a call can be aborted before its answer and within it', async () => {
  const reason = new Error('enough')
  const first = new AbortController()
  const closed = new Promise<void>((resolve) => {
    answer = (_, response) => {
      response.on('close', resolve)
      first.abort(reason)
    }
  })
  await assert.rejects(createServerReference('id-1').with({ signal: first.signal })(), reason)
  await closed

  const second = new AbortController()
  answer = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/x-component' })
    response.write('0:{"a":"$@1"}\n', () => second.abort())
  }
  await assert.rejects(createServerReference('id-1').with({ signal: second.signal })(), { name: 'AbortError' })
})

test('calls run side by side, and in order when asked', async () => {
  const held: (() => void)[] = []
  answer = (_, response) => held.push(() => rows(response, '0:{"a":1}\n'))
  const action = createServerReference('id-1')

  const both = [action(1), action(2)]
  while (held.length < 2) await turn()
  held.splice(0).forEach((release) => release())
  await Promise.all(both)

  configure({ concurrency: 'serial' })
  seen = []
  const form = new FormData()
  const order: number[] = []
  const calls = [action(1), action(Symbol()), action(form), action(4)].map((it, at) => it.then(() => order.push(at), () => order.push(at)))
  form.append('late', 'not sent: arguments are read when the call is made')
  while (order.length < 4) {
    await turn()
    assert.ok(held.length <= 1)
    held.splice(0).forEach((release) => release())
  }
  await Promise.all(calls)
  assert.deepEqual(order, [0, 1, 2, 3])
  assert.deepEqual(seen.map((it) => it.body.includes('late')), [false, false, false])
})

test('calls of one action settle in the order in which they were made, those of others do not wait', async () => {
  const held = new Map<string, () => void>()
  answer = ({ id, body }, response) => held.set(id + body, () => rows(response, `0:{"a":${body}}\n`, { 'errand-revalidated': JSON.stringify({ paths: [body], tags: [] }) }))
  const told: string[] = []
  configure({ onRevalidate: ({ paths }) => told.push(...paths) })
  const [one, other] = [createServerReference('one'), createServerReference('other')]
  const settled: unknown[] = []
  const calls = [one(1), one(2), other(3), one(4)].map((it) => it.then((value: number[]) => settled.push(value[0])))
  while (held.size < 4) await turn()
  const release = async (name: string): Promise<void> => {
    held.get(name)!()
    for (let turns = 0; turns < 20; turns += 1) await turn()
  }
  await release('one[4]')
  await release('one[2]')
  assert.deepEqual([settled, told], [[], []])
  await release('other[3]')
  assert.deepEqual(settled, [3])
  await release('one[1]')
  await Promise.all(calls)
  assert.deepEqual([settled, told], [[3, 1, 2, 4], ['[3]', '[1]', '[2]', '[4]']])
})

test('a call that fails or is aborted lets the next one settle', async () => {
  const stop = new AbortController()
  answer = ({ body }, response) => (body === '[1]' ? undefined : rows(response, '0:{"a":"ok"}\n'))
  const action = createServerReference('id-1')
  const [first, second] = [action.with({ signal: stop.signal })(1), action(2)]
  while (seen.length < 2) await turn()
  stop.abort()
  await assert.rejects(first, { name: 'AbortError' })
  assert.equal(await second, 'ok')
})

test('latest: a call aborts the one before it', async () => {
  const closed: string[] = []
  answer = ({ body }, response) => (body === '["abc"]' ? rows(response, '0:{"a":"found"}\n') : response.once('close', () => closed.push(body)))
  const search = latest(createServerReference('id-1'))
  const first = search('a')
  while (seen.length < 1) await turn()
  const second = search('ab')
  await assert.rejects(first, { name: 'CallError', code: 'errand::superseded' })
  while (seen.length < 2) await turn()
  const third = search('abc')
  await assert.rejects(second, { code: 'errand::superseded' })
  assert.equal(await third, 'found')
  while (closed.length < 2) await turn()
  assert.deepEqual(closed, ['["a"]', '["ab"]'])
})

test('serial: a call of this action is sent when the one before it has settled', async () => {
  const held: (() => void)[] = []
  answer = ({ body }, response) => held.push(() => (body === '[1]' ? response.destroy() : rows(response, `0:{"a":${body}}\n`)))
  const save = serial(createServerReference('id-1'))
  const calls = [save(1), save(2), save(3)]
  for (let at = 0; at < 3; at += 1) {
    while (held.length <= at) await turn()
    await turn()
    assert.equal(seen.length, at + 1)
    held[at]!()
  }
  const results = await Promise.allSettled(calls)
  assert.deepEqual(results.map(({ status }) => status), ['rejected', 'fulfilled', 'fulfilled'])
})

test('one call may be sent by a fetch of its own', async () => {
  const sent: string[] = []
  const own: typeof fetch = (url, init) => {
    sent.push(String(url))
    return fetch(url, init)
  }
  assert.equal(await createServerReference('id-1').with({ fetch: own })(), 'ok')
  assert.deepEqual(sent, [`${origin}/page?x=1`])
})

test('without a network a call says so; nothing is tried again', async () => {
  let tries = 0
  configure({ fetch: () => Promise.reject(new TypeError(`failed ${(tries += 1)}`)) })
  Object.defineProperty(globalThis, 'navigator', { value: { onLine: false }, configurable: true })
  try {
    await assert.rejects(createServerReference('id-1')(), { name: 'CallError', code: 'errand::offline' })
  } finally {
    delete (globalThis as any).navigator
  }
  assert.equal(tries, 1)
})

test('a result can hold actions, which call this server', async () => {
  answer = (_, response) => rows(response, '0:{"a":"$@1"}\n2:{"id":"inner","bound":"$@3"}\n3:[1,"$D1970-01-01T00:00:00.000Z"]\n1:{"go":"$h2"}\n')
  const { go } = await createServerReference('id-1')()
  answer = (_, response) => rows(response, '0:{"a":"gone"}\n')
  assert.equal(await go.bind(null, 2)(3), 'gone')
  assert.equal(seen[1]!.id, 'inner')
  assert.equal(seen[1]!.body, '[1,"$D1970-01-01T00:00:00.000Z",2,3]')
})

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Node has no page; these are the parts of one that calls use. */
function withBrowser(location: object, sessionStorage: object = {}): void {
  Object.defineProperty(globalThis, 'location', { value: location, configurable: true })
  Object.defineProperty(globalThis, 'sessionStorage', { value: sessionStorage, configurable: true })
}

function withoutBrowser(): void {
  delete (globalThis as any).location
  delete (globalThis as any).sessionStorage
}
