import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { decodeResult } from 'errand'
import { cookies, headers, signal } from 'errand/headers'
import { notFound, permanentRedirect, redirect } from 'errand/navigation'
import { ActionError, type Call } from 'errand/server'

import { type Running, type Sent, serve } from './host.ts'

const errors: { error: unknown; digest: string }[] = []
const calls: Call[] = []

let left: Error | undefined

const actions = {
  noop: () => () => {},
  echo: () => async (...args: unknown[]) => args,
  types: () => async (when: Date, map: Map<string, bigint>) => [when instanceof Date, map.get('a'), new Set([when])],
  apply: () => async (fn: (n: number) => Promise<number>) => fn(20),
  double: () => async (n: number) => n * 2,
  form: () => async (data: FormData) => [...data.entries()],
  file: () => async (file: File) => [file.name, file.type, await file.text()],
  download: () => async () => ({ report: new Blob(['a,b'], { type: 'text/csv' }) }),
  fail: () => async () => {
    throw new Error('the database password is hunter2')
  },
  declared: () => async () => {
    throw new ActionError('out-of-stock', { left: 0 })
  },
  unsendable: () => async () => ({ fine: 1, bad: () => {} }),
  cookies: () => async () => {
    const jar = await cookies()
    jar.set('theme', 'dark', { httpOnly: true })
    jar.delete('old')
    return [jar.get('session')?.value, jar.get('theme')?.value, jar.has('old')]
  },
  agent: () => async () => (await headers()).get('user-agent'),
  go: () => async (target: string) => {
    ;(await cookies()).set('seen', '1')
    redirect(target)
  },
  moved: () => async () => permanentRedirect('/new'),
  swallow: () => async (target: string) => {
    try {
      redirect(target)
    } catch {
      return { message: 'Failed' }
    }
  },
  swallowAndThrow: () => async () => {
    try {
      redirect('/there')
    } catch {
      throw new Error('something else')
    }
  },
  again: () => async () => {
    try {
      redirect('/first')
    } catch {
      redirect('/second')
    }
  },
  gone: () => async () => {
    const gone = signal()
    await new Promise((resolve) => gone.addEventListener('abort', resolve))
    left = gone.reason as Error
  },
  stays: () => async () => {
    const gone = signal()
    return [gone.aborted, gone === signal()]
  },
  missing: () => async () => notFound(),
  host: () => async () => (calls.at(-1)?.host as { url: string }).url,
  notAFunction: () => 42,
}

let server: Running

before(async () => {
  server = await serve({
    actions,
    middleware: [
      async (call, next) => {
        calls.push(call)
        return next()
      },
    ],
    onError: (error, { digest }) => errors.push({ error, digest }),
  })
})
after(() => server.close())

const resultOf = async ({ text }: Sent): Promise<unknown> => {
  const root = (await decodeResult(new Response(text).body!)) as { a: Promise<unknown> }
  return root.a
}

describe('a call', () => {
  test('gets the result of its action in rows [D2]', async () => {
    const sent = await server.call('echo', ['hi', 1, null, true, undefined, { a: [1.5] }])
    assert.equal(sent.status, 200)
    assert.equal(sent.headers['content-type'], 'text/x-component')
    assert.equal(sent.headers['cache-control'], 'no-store')
    assert.equal(sent.headers['x-content-type-options'], 'nosniff')
    assert.deepEqual(await resultOf(sent), ['hi', 1, null, true, undefined, { a: [1.5] }])
  })

  test('without a result says undefined', async () => {
    assert.equal(await resultOf(await server.call('noop', [])), undefined)
  })

  test('carries dates, maps, sets and big integers both ways [D33]', async () => {
    const when = new Date(1e12)
    const sent = await server.call('types', [when, new Map([['a', 5n]])])
    assert.deepEqual(await resultOf(sent), [true, 5n, new Set([when])])
  })

  test('strings that look like tags stay strings', async () => {
    const odd = ['$1', '$$', '$@0', '$h1', '$undefined', '', 'x'.repeat(3000), `$${'é'.repeat(1500)}`]
    assert.deepEqual(await resultOf(await server.call('echo', odd)), odd)
  })

  test('carries a form and a file [D33, D34]', async () => {
    const form = new FormData()
    form.append('title', 'Hi')
    form.append('$ACTION_ID_x', '')
    form.append('title', 'two\r\nlines')
    assert.deepEqual(await resultOf(await server.call('form', [form])), [
      ['title', 'Hi'],
      ['title', 'two\r\nlines'],
    ])
    const file = new File(['héllo'], 'näme.txt', { type: 'text/plain' })
    assert.deepEqual(await resultOf(await server.call('file', [file])), ['näme.txt', 'text/plain', 'héllo'])
  })

  test('may return a file', async () => {
    const { report } = (await resultOf(await server.call('download', []))) as { report: Blob }
    assert.deepEqual([report.type, await report.text()], ['text/csv', 'a,b'])
  })

  test('may pass another action as an argument [D28]', async () => {
    const reference = Object.assign(() => {}, {
      $$typeof: Symbol.for('react.server.reference'),
      $$id: 'double',
      $$bound: null,
    })
    assert.equal(await resultOf(await server.call('apply', [reference])), 40)
    const unknown = Object.assign(() => {}, { $$typeof: Symbol.for('react.server.reference'), $$id: 'nope', $$bound: null })
    assert.equal((await server.call('apply', [unknown])).status, 404)
  })

  test('sees the request, and the object that the host has for it [D56, D62]', async () => {
    const agent = await server.call('agent', [], { 'user-agent': 'tester' })
    assert.equal(await resultOf(agent), 'tester')
    assert.equal(await resultOf(await server.call('host', [])), '/')
    assert.equal(calls.at(-1)?.id, 'host')
  })
})

describe('effects', () => {
  test('cookies that an action sets are seen by its later reads and reach the browser [D57]', async () => {
    const sent = await server.call('cookies', [], { cookie: 'session=abc; old=1' })
    assert.deepEqual(await resultOf(sent), ['abc', 'dark', false])
    assert.equal(sent.headers['set-cookie']?.[0], 'theme=dark; Path=/; HttpOnly')
    assert.match(sent.headers['set-cookie']?.[1] ?? '', /^old=; Max-Age=0/)
  })

  test('a redirect travels in a header and keeps the cookies set before it [D58, D59]', async () => {
    const sent = await server.call('go', ['/posts?q=ü;1'])
    assert.equal(sent.status, 200)
    assert.equal(sent.headers['errand-redirect'], '303;/posts?q=%C3%BC;1')
    assert.match(sent.headers['set-cookie']?.[0] ?? '', /^seen=1/)
    assert.equal((await server.call('moved', [])).headers['errand-redirect'], '308;/new')
    assert.equal((await server.call('go', ['//evil.test'])).headers['errand-redirect'], '303;//evil.test/')
    const script = await server.call('go', ['javascript:alert(1)'])
    assert.deepEqual([script.status, JSON.parse(script.text).code], [500, 'errand::bad-redirect'])
  })

  test('a redirect that a catch swallowed is made all the same, with a warning', async (t) => {
    const warned = t.mock.method(console, 'warn', () => {})
    assert.equal((await server.call('swallow', ['/there'])).headers['errand-redirect'], '303;/there')
    assert.match(String(warned.mock.calls[0]?.arguments[0]), /swallow.*behind the try/s)
    assert.equal((await server.call('again', [])).headers['errand-redirect'], '303;/second')
    const thrown = await server.call('swallowAndThrow', [])
    assert.deepEqual([thrown.status, thrown.headers['errand-redirect']], [500, undefined])
    assert.equal(warned.mock.callCount(), 1)
    assert.equal((await server.call('noop', [])).headers['errand-redirect'], undefined)
  })

  test('signal() aborts when the visitor is gone, and only then', async () => {
    const [aborted, isOne] = (await resultOf(await server.call('stays', []))) as [boolean, boolean]
    assert.deepEqual([aborted, isOne], [false, true])

    const over = new AbortController()
    const headers = { 'errand-action': 'gone', 'content-type': 'text/plain' }
    const socket = fetch(server.url, { method: 'POST', headers, body: '[]', signal: over.signal })
    setTimeout(() => over.abort(), 30)
    await assert.rejects(socket)
    while (!left) await new Promise((resolve) => setTimeout(resolve, 5))
    assert.equal(left.name, 'AbortError')

    left = undefined
    const inProcess = new AbortController()
    const answer = server.handler.fetch(new Request(server.url, { method: 'POST', headers, body: '[]', signal: inProcess.signal }))
    setTimeout(() => inProcess.abort(), 10)
    assert.equal((await answer)?.status, 200)
    assert.ok(left)
  })

  test('notFound() is 404, and not the same as an unknown action [D54]', async () => {
    const sent = await server.call('missing', [])
    assert.equal(sent.status, 404)
    assert.equal(sent.headers['errand-unknown-action'], undefined)
    await assert.rejects(resultOf(sent) as Promise<unknown>, { digest: 'NEXT_HTTP_ERROR_FALLBACK;404' })
  })
})

describe('errors', () => {
  test('an unexpected error reaches onError whole [D46]', async () => {
    const sent = await server.call('fail', [])
    assert.equal(sent.status, 500)
    const seen = errors.at(-1)!
    assert.match(String(seen.error), /hunter2/)
    await assert.rejects(resultOf(sent) as Promise<unknown>, { digest: seen.digest })
  })

  test('in production the client gets a digest and no message [D40, D45]', async () => {
    const before = process.env['NODE_ENV']
    process.env['NODE_ENV'] = 'production'
    try {
      const sent = await server.call('fail', [])
      assert.ok(!sent.text.includes('hunter2'), sent.text)
      assert.ok(sent.text.includes(errors.at(-1)!.digest))
    } finally {
      if (before === undefined) delete process.env['NODE_ENV']
      else process.env['NODE_ENV'] = before
    }
  })

  test('an ActionError crosses with its data', async () => {
    await assert.rejects(resultOf(await server.call('declared', [])) as Promise<unknown>, {
      name: 'ActionError',
      code: 'out-of-stock',
      data: { left: 0 },
    })
  })

  test('a result that can not be sent is an error that names the place [D32]', async () => {
    const sent = await server.call('unsendable', [])
    assert.equal(sent.status, 500)
    assert.match(String(errors.at(-1)!.error), /result\.bad is a function/)
  })

  test('what is not a function is no action', async () => {
    const sent = await server.call('notAFunction', [])
    assert.deepEqual([sent.status, sent.headers['errand-unknown-action']], [404, '1'])
  })
})
