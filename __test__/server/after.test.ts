/** What an action leaves to be done when its answer was sent. */

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { after as afterAll, before, beforeEach, test } from 'node:test'

import { cached, revalidateTag } from 'errand/cache'
import { cookies, signal } from 'errand/headers'
import { redirect } from 'errand/navigation'
import { after } from 'errand/server'

import { type Running, serve } from './host.ts'

const did: string[] = []
const errors: any[] = []
let runs = 0
const count = cached(async () => ++runs, { tags: ['count'], key: 'after' })

const actions = {
  returns: () => async () => {
    after(async () => {
      await sleep(5)
      did.push(`after, with ${(await cookies()).get('session')?.value}`)
      after(() => did.push('after that'))
    })
    did.push('action')
    return 1
  },
  redirects: () => async () => {
    after(() => did.push('redirected'))
    redirect('/there')
  },
  throws: () => async () => {
    after(() => did.push('thrown'))
    throw new Error('no')
  },
  streams: () => async () =>
    (async function* () {
      after(() => did.push('streamed'))
      yield 1
      await sleep(1e6, undefined, { ref: false })
    })(),
  invalidates: () => async () => {
    after(() => revalidateTag('count'))
    return count()
  },
  sets: () => async () => {
    after(async () => (await cookies()).set('too', 'late'))
    after(Promise.reject(new Error('begun before')))
  },
  waits: () => async () => {
    after(() => did.push('gone'))
    const gone = signal()
    did.push('waits')
    await new Promise((resolve) => gone.addEventListener('abort', resolve))
  },
  slow: () => async () => after(() => sleep(50).then(() => did.push('slow'))),
}

let server: Running

before(async () => {
  server = await serve({ actions, onError: (error) => errors.push(error) })
})
afterAll(() => server.close())
beforeEach(() => {
  did.length = 0
  errors.length = 0
})

const until = async (done: () => boolean): Promise<void> => {
  while (!done()) await sleep(2)
}

const post = (id: string, signal?: AbortSignal): Request =>
  new Request(server.url, {
    method: 'POST',
    headers: { 'errand-action': id, 'content-type': 'text/plain', cookie: 'session=s1' },
    body: '[]',
    ...(signal && { signal }),
  })

test('it runs behind the answer, in the action\u2019s context, and may leave more [D165, D168]', async () => {
  for (const send of [fetch, server.handler.fetch]) {
    did.length = 0
    const response = await send(post('returns'))
    await response!.text()
    await until(() => did.length === 3)
    assert.deepEqual(did, ['action', 'after, with s1', 'after that'])
  }
})

test('it runs however the action ends [D166]', async () => {
  assert.equal((await fetch(post('redirects'))).headers.get('errand-redirect'), '303;/there')
  assert.equal((await fetch(post('throws'))).status, 500)
  const gone = new AbortController()
  const response = await fetch(post('streams', gone.signal))
  await response.body!.getReader().read()
  gone.abort()
  await until(() => did.length === 3)
  assert.deepEqual(did, ['redirected', 'thrown', 'streamed'])
})

test('it runs where nobody waited for the answer [D166]', async () => {
  const gone = new AbortController()
  const called = fetch(post('waits', gone.signal))
  await until(() => did.length === 1)
  gone.abort()
  await assert.rejects(called, { name: 'AbortError' })
  await until(() => did.length === 2)
  assert.deepEqual(did, ['waits', 'gone'])
})

test('it may invalidate, and set no cookies; what it throws is reported [D126, D167, D169]', async () => {
  const first = await (await fetch(post('invalidates'))).text()
  await sleep(20)
  assert.notEqual(await (await fetch(post('invalidates'))).text(), first)
  await fetch(post('sets'))
  await until(() => errors.length === 2)
  assert.deepEqual(errors.map(({ code, message }) => code ?? message).sort(), ['begun before', 'errand::head-sent'])
})

test('closing the handler waits for it', async () => {
  const other = await serve({ actions })
  await (await fetch(other.url, { method: 'POST', headers: { 'errand-action': 'slow', 'content-type': 'text/plain' }, body: '[]' })).text()
  await sleep(5)
  await other.close()
  assert.deepEqual(did, ['slow'])
})

test('it belongs to a request', () => {
  assert.throws(() => after(() => {}), { code: 'errand::no-request' })
})
