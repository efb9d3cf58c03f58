/** Policies over real sockets: those that a table knows, and those that functions bring. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, before, test } from 'node:test'

import { signal } from 'errand/headers'
import { action, type ActionLoader, type ActionPolicy } from 'errand/server'
import { z } from 'zod'

import { type Running, serve } from '../server/host.ts'
import { tempFolder } from '../support/temp.ts'

/** This test's own, to be counted in. */
const temporary = tempFolder('policies')
process.env['TMPDIR'] = temporary.path

let server: Running
let running = 0
let most = 0
interface Gate { promise: Promise<void>; resolve: () => void }
let gate: Gate
function newGate(): Gate {
  let resolve!: () => void
  return { promise: new Promise((it) => (resolve = it)), resolve }
}
const seen: unknown[] = []

const names = async (form: FormData): Promise<string[]> => [...form.values()].map((it) => (typeof it === 'string' ? it : it.name))
const size = async (text: string): Promise<number> => text.length
const work = async (): Promise<void> => {
  most = Math.max(most, ++running)
  await gate.promise
  running--
}
const hang = async (): Promise<void> => {
  const end = signal()
  seen.push('began')
  await new Promise<void>((resolve) => end.addEventListener('abort', () => resolve()))
  seen.push((end.reason as Error).name)
}

/** As the compiler's table has it: the policy is known before the function is. */
const known = (policy: ActionPolicy, fn: (...args: any[]) => unknown): ActionLoader => Object.assign(async () => action(policy, fn), { policy })
/** As the compiler's table has an inline action: the function knows of nothing. */
const bare = (policy: ActionPolicy, fn: (...args: any[]) => unknown): ActionLoader => Object.assign(() => fn, { policy })
/** As a table of one's own has it: only the function knows. */
const brought = (policy: ActionPolicy, fn: (...args: any[]) => unknown): ActionLoader => {
  const made = action(policy, fn)
  return () => made
}

const IMAGES: ActionPolicy = { files: { count: 2, size: 100_000, types: ['image/*'] } }
const TWO: ActionPolicy = { concurrency: 2, queue: 3 }

const kinds = { known, bare, brought }
const actions: Record<string, ActionLoader> = {
  size: () => size,
  names: () => names,
  schema: () => action({ input: z.string().min(2) }, async (text) => text),
  form: () => action({ input: z.instanceof(FormData).refine((it) => it.has('title'), 'no title') }, async () => 'saved'),
}
for (const [kind, make] of Object.entries(kinds)) {
  Object.assign(actions, {
    [`${kind}-small`]: make({ limit: 10 }, size),
    [`${kind}-large`]: make({ limit: '200kb' }, size),
    [`${kind}-images`]: make(IMAGES, names),
    [`${kind}-two`]: make(TWO, work),
    [`${kind}-hang`]: make({ timeout: 30 }, hang),
    [`${kind}-body`]: make({ timeout: 50, concurrency: 1, queue: 0 }, size),
  })
}

before(async () => {
  server = await serve({ actions, limits: { body: '20kb' } })
})
after(async () => {
  await server.close()
  temporary.remove()
})

const codeOf = (text: string): unknown => (text.startsWith('{') ? (JSON.parse(text) as { code: string }).code : undefined)
const textOf = (bytes: number): string => 'x'.repeat(bytes - 4) // ["…"]
const stored = (): number => readdirSync(temporary.path).length

/** Sends a head with a length, and no body. */
async function headOnly(id: string, length: number): Promise<number | undefined> {
  const request = httpRequest(server.url, {
    method: 'POST',
    headers: { 'errand-action': id, 'content-type': 'text/plain', 'content-length': length },
  })
  request.on('error', () => {})
  request.flushHeaders()
  const answered = once(request, 'response') as Promise<[IncomingMessage]>
  const [response] = await answered
  request.destroy()
  return response.statusCode
}

const file = (bytes: number, type = 'image/png'): File => new File(['x'.repeat(bytes)], 'f', { type })
function formOf(files: File[], id?: string): FormData {
  const form = new FormData()
  if (id) form.append(`$ACTION_ID_${id}`, '')
  for (const it of files) form.append('f', it)
  return form
}

for (const kind of Object.keys(kinds)) {
  // Where the table doesn't know it, a call would be admitted by it only when others have been made before.
  const large = kind === 'brought' ? 20 << 10 : 200 << 10
  test(`${kind}: a limit lowers the server's, and raises it where the table knows it`, async () => {
    for (const [id, limit] of [[`${kind}-small`, 10], ['size', 20 << 10], [`${kind}-large`, large]] as const) {
      const within = await server.call(id, [textOf(limit)])
      assert.equal(within.status, 200, id)
      const beyond = await server.call(id, [textOf(limit + 1)])
      assert.deepEqual([beyond.status, codeOf(beyond.text)], [413, 'errand::body-too-large'], id)
    }
  })

  test(`${kind}: what is too long is refused before it comes`, async () => {
    assert.equal(await headOnly(`${kind}-small`, 11), 413)
    assert.equal(await headOnly(`${kind}-large`, large + 1), 413)
  })

  test(`${kind}: files are counted, measured and known by their types, in calls and in forms`, async () => {
    const cases: [File[], number, unknown][] = [
      [[file(10), file(10)], 200, undefined],
      [[file(100_000), file(100_000)], 200, undefined],
      [[file(10), file(10), file(10)], 413, 'errand::reply-too-much'],
      [[file(100_001)], 413, 'errand::reply-too-much'],
      [[file(10, 'text/html')], 415, 'errand::file-type'],
      [[file(70_000, 'text/html')], 415, 'errand::file-type'],
    ]
    for (const [files, status, code] of cases) {
      const called = await server.call(`${kind}-images`, [formOf(files)])
      assert.deepEqual([called.status, codeOf(called.text)], [status, code])
      const response = await fetch(server.url, { method: 'POST', body: formOf(files, `${kind}-images`), redirect: 'manual' })
      assert.deepEqual([response.status, codeOf(await response.text())], [status === 200 ? 303 : status, code])
      const other = await server.call('names', [formOf(files)])
      assert.equal(other.status, 200)
    }
    assert.equal(stored(), 0)
  })

  test(`${kind}: no more calls run at a time than may, however many come`, async () => {
    for (const asForm of [false, true]) {
      ;[running, most, gate] = [0, 0, newGate()]
      const id = `${kind}-two`
      const send = async (): Promise<number> => {
        if (!asForm) return (await server.call(id, [])).status
        return (await fetch(server.url, { method: 'POST', body: formOf([], id), redirect: 'manual' })).status
      }
      let refused = 0
      const answers = Array.from({ length: 12 }, async () => {
        if ((await send()) === 503) refused++
      })
      while (refused < 7) await sleep(1) // the others run or wait
      gate.resolve()
      await Promise.all(answers)
      assert.deepEqual([refused, most, running], [7, 2, 0])
      assert.equal((await server.call(id, [])).status, 200)
    }
  })

  test(`${kind}: who is refused is told when to come again`, async () => {
    ;[running, most, gate] = [0, 0, newGate()]
    const calls = Array.from({ length: 6 }, () => server.call(`${kind}-two`, []))
    const refused = await Promise.race(calls)
    assert.deepEqual([refused.status, codeOf(refused.text), refused.headers['retry-after']], [503, 'errand::busy', '1'])
    gate.resolve()
    await Promise.all(calls)
  })

  test(`${kind}: who is gone waits no more`, async () => {
    ;[running, most, gate] = [0, 0, newGate()]
    const id = `${kind}-two`
    const held = [server.call(id, []), server.call(id, [])]
    while (running < 2) await sleep(1)
    const leaving = new AbortController()
    const gone = Array.from({ length: 3 }, () =>
      fetch(server.url, { method: 'POST', body: '[]', headers: { 'errand-action': id }, signal: leaving.signal }).catch((error) => error.name),
    )
    await sleep(50)
    leaving.abort()
    assert.deepEqual(await Promise.all(gone), ['AbortError', 'AbortError', 'AbortError'])
    const waiting: Promise<{ status: number }>[] = []
    while (waiting.length < 3) {
      const call = server.call(id, [])
      // Refused at once as long as the server hasn't seen that they are gone.
      if ((await Promise.race([call, sleep(200, undefined)]))?.status !== 503) waiting.push(call)
    }
    gate.resolve()
    for (const it of [...held, ...waiting]) assert.equal((await it).status, 200)
    assert.equal(most, 2)
  })

  test(`${kind}: a call that takes too long is answered, and told to stop`, async () => {
    const id = `${kind}-hang`
    for (const asForm of [false, true]) {
      seen.length = 0
      const response = asForm
        ? await fetch(server.url, { method: 'POST', body: formOf([], id) })
        : await fetch(server.url, { method: 'POST', body: '[]', headers: { 'errand-action': id } })
      assert.deepEqual([response.status, codeOf(await response.text())], [504, 'errand::timeout'])
      assert.deepEqual(seen, ['began', 'TimeoutError'])
    }
  })

  test(`${kind}: a body that takes too long to come holds no place`, async () => {
    const id = `${kind}-body`
    const slow = httpRequest(server.url, { method: 'POST', headers: { 'errand-action': id, 'content-type': 'text/plain', 'content-length': 100 } })
    slow.on('error', () => {})
    slow.write('["x')
    const [response] = (await once(slow, 'response')) as [IncomingMessage]
    assert.equal(response.statusCode, 504)
    assert.equal((await server.call(id, ['x'])).status, 200)
    slow.destroy()
  })
}

test('what a schema refuses is told with its issues, in production too', async () => {
  assert.equal((await server.call('schema', ['ok'])).status, 200)
  const refused = await server.call('schema', ['x'])
  assert.equal(refused.status, 422)
  assert.match(refused.text, /"code":"errand::invalid-input"/)
  assert.match(refused.text, /"issues":\[\{"path":\[\],"message":"[^"]+"\}\]/)
})

test('a form without JavaScript goes through its schema', async () => {
  const form = formOf([], 'form')
  const refused = await fetch(server.url, { method: 'POST', body: form })
  assert.equal(refused.status, 422)
  form.append('title', 'hi')
  assert.equal((await fetch(server.url, { method: 'POST', body: form, redirect: 'manual' })).status, 303)
})

test('a policy that can not be meant stops the handler, by the name of its action', async () => {
  const bad = Object.assign(() => size, { policy: { limit: '1 megs' } })
  await assert.rejects(serve({ actions: { bad } }), { code: 'errand::bad-option', message: /^limit: .*of the action bad/ })
})
