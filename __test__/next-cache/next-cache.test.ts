/** Two processes of a real Next.js app that keep what they computed in one of Errand's stores. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'

import { type RedisServer, startRedis } from '../support/redis.ts'
import { tempFolder } from '../support/temp.ts'
import { builtApp, type NextProcess, startNext } from './next-app.ts'

let folder: string
let backend: Server
/** How often each thing was computed. */
const asked: Record<string, number> = {}

before(async () => {
  folder = builtApp()
  backend = createServer((request, response) => {
    const name = request.url!.slice(1)
    response.end(`${name} ${(asked[name] = (asked[name] ?? 0) + 1)}`)
  }).listen(0, '127.0.0.1')
  await once(backend, 'listening')
})
after(() => {
  backend?.closeAllConnections()
  backend?.close()
})

const STORES: Record<string, () => Promise<{ env: Record<string, string>; redis?: RedisServer; remove(): void }>> = {
  async disk() {
    const { path, remove } = tempFolder('next-cache')
    return { env: { ERRAND_CACHE_PATH: path }, remove }
  },
  async redis() {
    const redis = await startRedis()
    return { env: { ERRAND_CACHE_URL: redis.url }, redis, remove: () => void redis.stop() }
  },
}

for (const [store, open] of Object.entries(STORES)) {
  describe(`on ${store}`, () => {
    let a: NextProcess
    let b: NextProcess
    let opened: Awaited<ReturnType<typeof open>>
    const start = (): Promise<NextProcess> =>
      startNext(folder, { ...opened.env, BACKEND: `http://127.0.0.1:${(backend.address() as AddressInfo).port}` })
    before(async () => {
      opened = await open()
      a = await start()
      b = await start()
    })
    after(async () => {
      await a?.stop()
      await b?.stop()
      opened?.remove()
    })

    const values = async ({ url }: NextProcess): Promise<{ uc: string; f: string }> => (await fetch(`${url}/values`)).json() as never
    const isr = async ({ url }: NextProcess): Promise<string> => /id="isr">([^<]*)</.exec(await (await fetch(`${url}/isr`)).text())?.[1] ?? 'none'
    const act = async ({ url }: NextProcess, what: object): Promise<void> => {
      const response = await fetch(`${url}/act`, { method: 'POST', body: JSON.stringify(what) })
      assert.equal(response.status, 200)
    }
    /** Sends the page's form as a browser without JavaScript does. */
    const updateTag = async ({ url }: NextProcess, tag: string): Promise<void> => {
      const name = /name="(\$ACTION_ID_[0-9a-f]+)"/.exec(await (await fetch(url)).text())?.[1]
      assert.ok(name, 'the page has a form')
      const form = new FormData()
      form.append(name, '')
      form.append('tag', tag)
      const response = await fetch(url, { method: 'POST', body: form, headers: { origin: url } })
      assert.equal(response.status, 200)
    }
    /**
     * What `read` gives as soon as it is good. Next answers before it has stored what it computed and told others of what is
     * invalidated, and Redis tells the other process a moment later.
     */
    const eventually = async <T>(read: () => Promise<T>, isGood: (now: T) => boolean): Promise<T> => {
      for (const end = Date.now() + 10_000; ; await sleep(20)) {
        const now = await read()
        if (isGood(now)) return now
        assert.ok(Date.now() < end, `it stays ${JSON.stringify(now)}`)
      }
    }
    /** What both give, as soon as it is the same. */
    const shared = async <T>(read: (from: NextProcess) => Promise<T>): Promise<T> => {
      const both = await eventually(() => Promise.all([read(a), read(b)]), ([of, ofOther]) => isDeepStrictEqual(of, ofOther))
      return both[0]
    }

    test('what one has computed the other one has too', async () => {
      const both = await shared(values)
      const was = { ...asked }
      assert.deepEqual([await values(a), await values(b)], [both, both])
      assert.deepEqual(asked, was)
    })

    test('updateTag in an action of one is seen by the other', async () => {
      const before = await shared(values)
      await updateTag(a, 'uc')
      const now = await eventually(() => values(b), ({ uc }) => uc !== before.uc)
      assert.equal(now.f, before.f, 'what has another tag stays')
      assert.equal((await shared(values)).f, before.f)
    })

    test('updateTag is seen by the next request to the same process', async () => {
      const before = await shared(values)
      await updateTag(a, 'uc')
      assert.notEqual((await values(a)).uc, before.uc)
    })

    test('a profile leaves it stale: once more the old value, then a new one', async () => {
      const before = await shared(values)
      await act(a, { tag: 'f', profile: 'max' })
      await act(a, { tag: 'uc', profile: 'max' })
      assert.deepEqual(await values(b), before)
      await eventually(() => values(b), ({ f, uc }) => f !== before.f && uc !== before.uc)
    })

    test('a profile that has expired at once drops it', async () => {
      const before = await shared(values)
      await act(a, { tag: 'f', profile: { expire: 0 } })
      const now = await eventually(() => values(b), ({ f }) => f !== before.f)
      assert.equal(now.uc, before.uc)
    })

    test('a path drops what was read on it', async () => {
      const before = await shared(values)
      await act(a, { path: '/values' })
      await eventually(() => values(b), ({ f, uc }) => f !== before.f && uc !== before.uc)
    })

    test('a hard invalidation is not undone by a soft one', async () => {
      const before = await shared(values)
      await act(a, { tag: 'f', profile: { expire: 0 } })
      await act(a, { tag: 'f', profile: 'max' })
      await act(a, { tag: 'uc', profile: { expire: 0 } }) // whoever sees this one sees those
      const now = await eventually(() => values(b), ({ uc }) => uc !== before.uc)
      assert.notEqual(now.f, before.f)
    })

    test('a prerendered page is rendered once for both, and again when its tag is invalidated', async () => {
      const first = await shared(isr)
      const was = asked['isr']
      assert.deepEqual([await isr(b), await isr(a)], [first, first])
      assert.equal(asked['isr'], was)
      assert.equal((await fetch(`${b.url}/isr`)).headers.get('x-nextjs-cache'), 'HIT')
      await act(b, { tag: 'isr', profile: { expire: 0 } })
      await eventually(() => isr(a), (now) => now !== first)
      const second = await shared(isr)
      assert.notEqual(second, first)
      await act(a, { tag: 'isr', profile: 'max' })
      await eventually(() => isr(b), (now) => now !== second)
    })

    test('what was computed outlives all processes', async () => {
      const before = [await shared(values), await shared(isr)]
      await a.stop()
      await b.stop()
      ;[a, b] = [await start(), await start()]
      const was = { ...asked }
      assert.deepEqual([await values(a), await isr(b)], before)
      assert.deepEqual(asked, was)
    })

    if (store === 'redis') {
      test('pages are rendered without it while Redis is away', async () => {
        await opened.redis!.stop()
        assert.match((await values(a)).uc, /^uc \d+$/)
        assert.match(await isr(b), /./)
      })
    }
  })
}
