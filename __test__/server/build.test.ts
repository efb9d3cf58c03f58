/** Answers name the build that gives them, whoever writes their heads. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { redirect } from 'errand/navigation'
import { createHandler } from 'errand/server'

const actions = {
  ok: () => async () => 1,
  away: () => async () => redirect('/elsewhere'),
}

test('a result, a redirect, a refusal and a form, through Fetch and through listen', async () => {
  const handler = createHandler({ actions, build: 'v1.2.3', render: () => new Response('the page again') })
  const { port } = await handler.listen({ port: 0, host: '127.0.0.1' })
  const url = `http://127.0.0.1:${port}/page`
  const post = (id: string | null, body: string | FormData, origin = url): Request => {
    const headers = new Headers({ origin: new URL(origin).origin, host: new URL(url).host })
    if (id !== null) headers.set('errand-action', id)
    return new Request(url, { method: 'POST', headers, body })
  }
  const form = (id: string): FormData => {
    const data = new FormData()
    data.append(`$ACTION_ID_${id}`, '')
    return data
  }
  try {
    for (const send of [(request: Request) => handler.fetch(request), (request: Request) => fetch(request, { redirect: 'manual' })]) {
      for (const [request, status] of [
        [post('ok', '[]'), 200],
        [post('away', '[]'), 200],
        [post('none', '[]'), 404],
        [post('ok', '[]', 'https://other.test'), 403],
        [post(null, form('ok')), 200],
        [post(null, form('away')), 303],
      ] as const) {
        const answer = (await send(request))!
        assert.deepEqual([answer.status, answer.headers.get('errand-build')], [status, 'v1.2.3'])
        await answer.text()
      }
    }
  } finally {
    await handler.close()
  }
})

test('without a name it is that of the actions, in any order', async () => {
  const build = async (table: object): Promise<string | null> => {
    const answer = await createHandler({ actions: table as typeof actions }).fetch(
      new Request('http://app.test/', { method: 'POST', headers: { 'errand-action': 'ok', origin: 'http://app.test', host: 'app.test' }, body: '[]' }),
    )
    return answer!.headers.get('errand-build')
  }
  const { ok, away } = actions
  assert.match((await build(actions))!, /^[0-9a-f]{16}$/)
  assert.equal(await build({ away, ok }), await build({ ok, away }))
  assert.notEqual(await build({ ok }), await build({ ok, away }))
})

test('a name that no header can have is refused', () => {
  for (const build of ['', 'two words', 'a\r\nset-cookie: b', 'x'.repeat(129)]) {
    assert.throws(() => createHandler({ actions, build }), { code: 'errand::bad-option', message: /^build: must have 1 to 128 visible/ })
  }
  createHandler({ actions, build: 'x'.repeat(128) })
})
