import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { cookies } from 'errand/headers'
import { redirect } from 'errand/navigation'
import { bindCaptured, registerCapturing, registerServerReference } from 'errand/runtime/server'

import { type Running, serve, wireBody } from './host.ts'

interface Reference {
  (...args: unknown[]): unknown
  $$id: string
  $$bound: unknown[] | null
  $$FORM_ACTION(prefix: string): { name: string; data: FormData | null }
  $$IS_SIGNATURE_EQUAL(id: string, bound: number): boolean
  bind(self: null, ...args: unknown[]): Reference
}

const seen: unknown[] = []
const save = registerServerReference(async (...args: unknown[]) => void seen.push(args), 'save', 'save') as Reference
const go = registerServerReference(async (form: FormData) => {
  ;(await cookies()).set('seen', '1')
  redirect(`/posts?q=${form.get('title')}`)
}, 'go', 'go') as Reference
const count = registerServerReference(
  async (step: number, state: { n: number }) => ({ n: state.n + step }),
  'count',
  'count',
) as Reference
const remove = registerCapturing(
  async ([id, when]: [number, Date], form: FormData) => void seen.push([id, when, [...form]]),
  'remove',
  'remove',
) as Reference
const fail = registerServerReference(async () => {
  throw new Error('secret')
}, 'fail', 'fail') as Reference

let server: Running
let rendered: { formState: unknown; status: number; error?: unknown; cookie: string | null }

before(async () => {
  server = await serve({
    actions: { save: () => save, go: () => go, count: () => count, remove: () => remove, fail: () => fail },
    render: async (request, form) => {
      rendered = { ...form, cookie: request.headers.get('cookie') }
      return new Response('the page again', { status: form.status, headers: { 'content-type': 'text/html' } })
    },
  })
})
after(() => server.close())

/** Posts what a browser would post of a form with `action` and these fields. */
async function post(action: Reference, fields: Record<string, string>, extra: [string, string][] = []) {
  const { name, data } = action.$$FORM_ACTION('1')
  const form = new FormData()
  form.append(name, '')
  for (const [key, value] of data ?? []) form.append(key, value)
  for (const [key, value] of [...Object.entries(fields), ...extra]) form.append(key, value)
  const { body, contentType } = await wireBody(form)
  return server.send({ path: '/page?x=1', headers: { 'content-type': contentType, cookie: 'a=1' }, body })
}

describe('a form without JavaScript', () => {
  test('runs its action with its own fields and shows the page again [D83, D86]', async () => {
    const sent = await post(save, { title: 'Hi' })
    assert.deepEqual([sent.status, sent.text], [200, 'the page again'])
    const [form] = seen.pop() as [FormData]
    assert.deepEqual([...form], [['title', 'Hi']])
    assert.equal(rendered.formState, null)
    assert.equal(sent.headers['cache-control'], undefined)
  })

  test('is answered 303 after a redirect, with the cookies set before it [D69]', async () => {
    const sent = await post(go, { title: 'x' })
    assert.deepEqual([sent.status, sent.headers.location], [303, '/posts?q=x'])
    assert.match(sent.headers['set-cookie']?.[0] ?? '', /^seen=1/)
  })

  test('hands over bound arguments first [D26]', async () => {
    await post(save.bind(null, { deep: ['$1', 2] }, new Date(5)).bind(null, new Map([['k', 1n]])), {})
    const [object, when, map, form] = seen.pop() as [unknown, unknown, unknown, FormData]
    assert.deepEqual([object, when, map], [{ deep: ['$1', 2] }, new Date(5), new Map([['k', 1n]])])
    assert.deepEqual([...form], [])
  })

  test('carries the state of useActionState [D88]', async () => {
    await post(count.bind(null, 2, { n: 40 }), {}, [['$ACTION_KEY', 'k123']])
    assert.deepEqual(rendered.formState, [{ n: 42 }, 'k123', 'count', 1])
  })

  test('the button that was pressed wins over its form', async () => {
    seen.length = 0
    await post(go, {}, [['$ACTION_ID_save', '']])
    assert.equal(seen.length, 1)
  })

  test('an action that throws shows the page with 500, the message stays here', async () => {
    const sent = await post(fail, {})
    assert.equal(sent.status, 500)
    assert.equal(rendered.status, 500)
    assert.equal(typeof (rendered.error as { digest: string }).digest, 'string')
  })

  test('from another origin is refused and does not run', async () => {
    seen.length = 0
    const form = new FormData()
    form.append('$ACTION_ID_save', '')
    const { body, contentType } = await wireBody(form)
    const headers = { 'content-type': contentType, origin: 'https://evil.test' }
    assert.equal((await server.send({ headers, body })).status, 403)
    assert.equal(seen.length, 0)
    assert.equal((await server.send({ headers: { ...headers, origin: 'null' }, body })).status, 403)
  })

  test('of an action that this server does not have is 404 [D49]', async () => {
    const form = new FormData()
    form.append('$ACTION_ID_nope', '')
    const { body, contentType } = await wireBody(form)
    const sent = await server.send({ headers: { 'content-type': contentType }, body })
    assert.deepEqual([sent.status, sent.headers['errand-unknown-action']], [404, '1'])
  })

  test('goes back to its page where nothing renders it', async () => {
    const bare = await serve({ actions: { save: () => save } })
    const form = new FormData()
    form.append('$ACTION_ID_save', '')
    const { body, contentType } = await wireBody(form)
    const sent = await bare.send({ path: '/page?x=1', headers: { 'content-type': contentType }, body })
    assert.deepEqual([sent.status, sent.headers.location], [303, '/page?x=1'])
    await bare.close()
  })
})

describe('captured values', () => {
  const secret = 'card 4242'
  const reference = bindCaptured(remove as never, () => [secret, new Date(7)]) as Reference

  test('travel sealed and arrive as they were [D20, D22, D31]', async () => {
    const fields = [...reference.$$FORM_ACTION('1').data!].map(String).join()
    assert.ok(!fields.includes('4242') && !Buffer.from(fields, 'base64').includes('4242'))
    await post(reference, { sure: 'yes' })
    assert.deepEqual(seen.pop(), [secret, new Date(7), [['sure', 'yes']]])
  })

  test('are read when the reference leaves, as a closure would', async () => {
    let late = 1
    const lazy = bindCaptured(remove as never, () => [late, null]) as Reference
    late = 2
    await post(lazy, {})
    assert.deepEqual((seen.pop() as unknown[])[0], 2)
  })

  test('that were changed, swapped or made up are 400 and do not run [D52]', async () => {
    seen.length = 0
    const [sealed] = reference.$$bound as [string]
    const other = registerCapturing(async () => {}, 'save', 'save') as Reference
    const [foreign] = (bindCaptured(other as never, () => [1]) as Reference).$$bound as [string]
    const flipped = sealed.slice(0, 40) + (sealed[40] === 'A' ? 'B' : 'A') + sealed.slice(41)
    for (const forged of [flipped, foreign, sealed.slice(0, -4), '', 'x', 42, null, [secret, 1], { values: [1] }]) {
      const sent = await server.call('remove', [forged, new FormData()])
      assert.deepEqual([sent.status, (JSON.parse(sent.text) as { code: string }).code], [400, 'errand::seal-broken'])
    }
    assert.equal(seen.length, 0)
    assert.equal((await server.call('remove', [sealed, new FormData()])).status, 200)
  })

  test('need no sealing when the server calls the reference itself', async () => {
    await reference(new FormData())
    assert.deepEqual((seen.pop() as unknown[])[0], secret)
  })

  test('survive further binding, and signatures tell forms apart [D26]', () => {
    assert.equal(reference.bind(null, 1).$$bound?.length, 2)
    assert.equal(reference.$$IS_SIGNATURE_EQUAL('remove', 1), true)
    assert.equal(reference.$$IS_SIGNATURE_EQUAL('remove', 2), false)
    assert.equal(save.$$IS_SIGNATURE_EQUAL('save', 0), true)
    assert.equal(save.$$bound, null)
  })
})

test('what turns out not to be a function at run time is refused by name', () => {
  assert.throws(() => registerServerReference(42, 'id', 'answer'), {
    code: 'errand::not-a-function',
    message: /'answer' is of type number/,
  })
})
