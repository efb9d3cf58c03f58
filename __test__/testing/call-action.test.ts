/** `errand/testing`, used as an app's tests would. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'

import { revalidatePath, revalidateTag } from 'errand/cache'
import { cookies, headers } from 'errand/headers'
import { redirect } from 'errand/navigation'
import { bindCaptured, registerCapturing, registerServerReference } from 'errand/runtime/server'
import { ActionError, createHandler } from 'errand/server'
import { callAction } from 'errand/testing'

const add = registerServerReference(async (when: Date, ...more: Map<string, bigint>[]) => [when, ...more], 'add', 'add')
const buy = registerCapturing(async ([price]: [number], count: number) => price * count, 'buy', 'buy')

const handler = createHandler({
  actions: {
    add: () => add,
    buy: () => buy,
    effects: () => async () => {
      const jar = await cookies()
      jar.set('theme', `${jar.get('theme')?.value} & dark`)
      jar.delete('old')
      revalidatePath('/posts')
      revalidateTag('posts')
      return (await headers()).get('x-tenant')
    },
    go: () => async (to: string) => redirect(to),
    declared: () => async () => {
      throw new ActionError('sold-out', { left: 0 })
    },
    fails: () => async () => {
      throw new RangeError('unexpected')
    },
    file: () => async (file: File) => ({ name: file.name, text: await file.text() }),
  },
  secret: 'a-secret-of-sufficient-length',
  onError: () => {},
})
after(() => handler.close())

test('a call gives what the action returns, encoded and decoded', async () => {
  const when = new Date(7)
  const { status, result, error } = await callAction(handler, add, [when, new Map([['a', 5n]])])
  assert.deepEqual([status, result, error], [200, [when, new Map([['a', 5n]])], undefined])
  const file = await callAction(handler, 'file', [new File(['hi'], 'a.txt')])
  assert.deepEqual(file.result, { name: 'a.txt', text: 'hi' })
})

test('a reference brings its captured values, sealed', async () => {
  const reference = bindCaptured(buy, () => [4])
  assert.equal((await callAction<number>(handler, reference, [3])).result, 12)
  const { status, error } = await callAction(handler, 'buy', [[4], 3])
  assert.equal(status, 400)
  assert.equal((error as { code: string }).code, 'errand::seal-broken')
})

test('cookies and headers go in, effects come out', async () => {
  const options = { cookies: { theme: 'blue; x', old: '1' }, headers: { 'x-tenant': 'a' } }
  const called = await callAction(handler, 'effects', [], options)
  assert.equal(called.result, 'a')
  assert.deepEqual(called.cookies, { theme: 'blue; x & dark', old: null })
  assert.deepEqual(called.revalidated, { paths: ['/posts'], tags: ['posts'] })
})

test('a redirect, an error and a refusal are told apart', async () => {
  const { redirect, ...rest } = await callAction(handler, 'go', ['/a;b'])
  assert.deepEqual([redirect, rest.result, rest.error], [{ url: '/a;b', status: 303 }, undefined, undefined])
  const declared = await callAction(handler, 'declared')
  assert.ok(declared.error instanceof ActionError)
  assert.deepEqual([declared.status, declared.error.code, declared.error.data], [422, 'sold-out', { left: 0 }])
  assert.match(String((await callAction(handler, 'fails')).error), /unexpected/)
  const unknown = await callAction(handler, 'nope')
  assert.deepEqual([unknown.status, (unknown.error as Error).name], [404, 'UnknownActionError'])
  const foreign = await callAction(handler, add, [], { headers: { origin: 'https://evil.test' } })
  assert.deepEqual([foreign.status, (foreign.error as { code: string }).code], [403, 'errand::origin-mismatch'])
})

test('a function that is no action is a mistake of the test', async () => {
  await assert.rejects(callAction(handler, async () => {}), /not an action/)
})
