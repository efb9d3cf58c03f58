/** `guard`: the user's one place to refuse calls. */

import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, mock, test } from 'node:test'

import { decodeResult } from 'errand'
import { cookies, headers } from 'errand/headers'
import { redirect, unauthorized } from 'errand/navigation'
import { ActionError, type Guard } from 'errand/server'

import { type Running, type Sent, serve, wireBody } from './host.ts'

let server: Running
let ran = 0
let asked: string[] = []
let guard: Guard

before(async () => {
  mock.method(console, 'warn', () => {})
  server = await serve({
    actions: {
      act: () => async function act() {
        ran += 1
        return (await cookies()).get('by')?.value
      },
    },
    guard: (call) => {
      asked.push(call.name)
      return guard(call)
    },
  })
})
after(() => server.close())
beforeEach(() => {
  ran = 0
  asked = []
})

const result = (sent: Sent): Promise<unknown> =>
  decodeResult(new Response(sent.text).body!).then((root) => (root as { a: unknown }).a)

const form = async (): Promise<Sent> => {
  const fields = new FormData()
  fields.append('$ACTION_ID_act', '')
  const { body, contentType } = await wireBody(fields)
  return server.send({ headers: { 'content-type': contentType }, body })
}

describe('a guard', () => {
  test('that has nothing against it lets the call through, asked once, with no arguments to see', async () => {
    guard = async (call) => {
      assert.ok(!('args' in call) || (call.args as unknown[]).length === 0)
      assert.equal(call.request.headers.get('x-user'), 'ada')
      assert.equal((await headers()).get('x-user'), 'ada')
    }
    assert.equal((await server.call('act', [1], { 'x-user': 'ada' })).status, 200)
    assert.deepEqual([asked, ran], [['act'], 1])
  })

  test('that says false refuses, for calls and forms alike', async () => {
    guard = () => false
    for (const sent of [await server.call('act', []), await form()]) {
      assert.deepEqual([sent.status, (JSON.parse(sent.text) as { code: string }).code], [403, 'errand::guard-refused'])
    }
    assert.deepEqual([asked, ran], [['act', 'act'], 0])
  })

  test('refuses before the body of a call is read', async () => {
    guard = () => false
    const sent = await server.send({ headers: { 'content-type': 'text/plain', 'errand-action': 'act' }, body: 'no reply at all' })
    assert.equal(sent.status, 403)
  })

  test('is not asked about what is refused anyway', async () => {
    guard = () => true
    await server.call('act', [], { 'sec-fetch-site': 'cross-site' })
    await server.call('nope', [])
    assert.deepEqual(asked, [])
  })

  test('ends the call with what it throws', async () => {
    guard = () => redirect('/login')
    assert.equal((await server.call('act', [])).headers['errand-redirect'], '303;/login')
    assert.equal((await form()).headers['location'], '/login')
    guard = async () => unauthorized()
    assert.equal((await server.call('act', [])).status, 401)
    guard = () => {
      throw new ActionError('too-many', { perMinute: 10 })
    }
    const sent = await server.call('act', [])
    assert.equal(sent.status, 422)
    await assert.rejects(result(sent), (error: ActionError) => error.code === 'too-many')
    assert.equal(ran, 0)
  })

  test('that fails, fails the call and tells onError', async () => {
    guard = () => {
      throw new Error('no database')
    }
    assert.equal((await server.call('act', [])).status, 500)
    assert.equal(ran, 0)
  })

  test('may set cookies, which the action and the answer see', async () => {
    guard = async () => {
      ;(await cookies()).set('by', 'guard')
    }
    const sent = await server.call('act', [])
    assert.match(String(sent.headers['set-cookie']), /^by=guard/)
    assert.equal(await result(sent), 'guard')
  })
})
