/** A page that can't be rendered again must not take the action's result with it. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { decodeResult } from 'errand'
import { cookies } from 'errand/headers'
import { revalidatePath } from 'errand/cache'

import { serve } from './host.ts'

test('a renderer that fails is reported, and the result, cookies and invalidations arrive', async () => {
  const reported: unknown[] = []
  const server = await serve({
    actions: {
      save: () => async (title: string) => {
        ;(await cookies()).set('saved', title)
        revalidatePath('/posts')
        return { title }
      },
    },
    onError: (error) => reported.push(error),
    renderer: {
      call: () => Promise.reject(new Error('the page can not be rendered')),
      form: () => Promise.resolve(new Response('never asked')),
    },
  })
  try {
    const { status, headers, text } = await server.call('save', ['Hi'])
    assert.equal(status, 200)
    const { a } = (await decodeResult(new Response(text).body!)) as { a: Promise<unknown> }
    assert.deepEqual(await a, { title: 'Hi' })
    assert.match(String(headers['set-cookie']), /saved=Hi/)
    assert.deepEqual(JSON.parse(String(headers['errand-revalidated'])), { paths: ['/posts'], tags: [] })
    assert.deepEqual(reported.map((it) => (it as Error).message), ['the page can not be rendered'])
  } finally {
    await server.close()
  }
})
