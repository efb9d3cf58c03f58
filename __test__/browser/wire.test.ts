/** Errand's own client in a real browser, against a real server: what crosses, both ways, while it goes on. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, before, test } from 'node:test'

import { createHandler } from 'errand/server'
import type { Browser, Page } from 'playwright-core'

import { launch } from '../support/chromium.ts'
import { tempFolder } from '../support/temp.ts'

/** The page's own code runs against these. */
interface Window {
  withProgress(onProgress: (sent: number, total: number) => void): unknown
  reference(id: string): { (...args: unknown[]): Promise<any>; with(options: object): (...args: unknown[]) => Promise<any> }
}

let stopped = 0
let uploads = 0
let atATime = 0
let mostAtATime = 0
let produced = 0

const actions = {
  echo: () => async (value: unknown) => value,
  kinds: () => async (map: Map<Date, bigint>, bytes: Uint8Array, file: File, form: FormData) => [
    [...map].map(([when, big]) => [when.getTime(), big]),
    bytes.reduce((sum, byte) => sum + byte, 0),
    [file.name, file.type, file.size],
    [...form.keys()],
  ],
  later: () => async (promise: Promise<string>, items: AsyncIterable<number>) => {
    const all = [await promise]
    for await (const item of items) all.push(`${item}`)
    return all
  },
  ticks: () => async (to: number) =>
    (async function* () {
      try {
        for (produced = 1; produced <= to; produced++) {
          yield { tick: produced, at: new Date(produced) }
          await sleep(10)
        }
        return 'done'
      } finally {
        stopped++
      }
    })(),
  both: () => async () => ({ ticks: await actions.ticks()(1e9), later: sleep(100).then(() => 'still here') }),
  stream: () => async () =>
    new ReadableStream({
      start(it) {
        it.enqueue('a')
        it.enqueue(new Map([['k', new Uint8Array([1, 2])]]))
        it.close()
      },
    }),
  download: () => async () => {
    const form = new FormData()
    form.append('report', new File(['x'.repeat(3_000_000)], 'report.csv', { type: 'text/csv' }))
    return form
  },
  size: () => async (file: File) => {
    uploads++
    return file.size
  },
  inOrder: () => async (value: number, ms: number) => {
    mostAtATime = Math.max(mostAtATime, ++atATime)
    await sleep(ms)
    atATime--
    return value
  },
  fails: () => async () => ({ promise: sleep(5).then(() => Promise.reject(new Error('secret'))) }),
}

const HTML = `<!doctype html><meta charset="utf-8"><title>wire</title><script type="module" src="/page.js"></script>`
const PAGE = `import { createServerReference } from '/client/index.js'
import { withProgress } from '/client/progress.js'
window.reference = (id) => createServerReference(id)
window.withProgress = withProgress
document.title = 'ready'`

const temporary = tempFolder('wire')
process.env['TMPDIR'] = temporary.path
const temporaryFiles = (): number => readdirSync(temporary.path).filter((name) => name.startsWith('errand-')).length

let server: Server
let browser: Browser
let page: Page

before(async () => {
  const handler = createHandler({ actions, onError() {}, limits: { file: '64mb', body: '64mb' } })
  server = createServer((req, res) => {
    // A browser tells of progress each 50 ms: an upload must not be over by then.
    if (Number(req.headers['content-length']) > 1 << 20) {
      req.pause()
      setTimeout(() => req.resume(), 300)
    }
    void handler.node(req, res, () => {
      const path = new URL(req.url ?? '/', 'http://localhost').pathname
      // Nothing but this server's own files: what the client does, it does without eval and without inline code.
      res.setHeader('content-security-policy', "default-src 'none'; script-src 'self'; connect-src 'self'; require-trusted-types-for 'script'")
      if (path.endsWith('.js')) {
        res.setHeader('content-type', 'text/javascript')
        res.end(path === '/page.js' ? PAGE : readFileSync(new URL(`../../dist${path}`, import.meta.url)))
      } else {
        res.setHeader('content-type', 'text/html')
        res.end(HTML)
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  browser = await launch()
  page = await browser.newPage()
  page.on('pageerror', (error) => assert.fail(error))
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  await page.waitForFunction(() => document.title === 'ready')
})

after(async () => {
  await browser?.close()
  server?.close()
  server?.closeAllConnections()
  temporary.remove()
})

/** Runs `work` in the page. */
const inPage = <T>(work: (reference: Window['reference'], withProgress: Window['withProgress']) => Promise<T>): Promise<T> =>
  page.evaluate(`(${String(work)})(window.reference, window.withProgress)`) as Promise<T>

test('values of every kind cross', async () => {
  const [map, sum, file, keys] = await inPage(async (reference) => {
    const form = new FormData()
    form.append('a', '1')
    form.append('b', new Blob(['x']))
    const file = new File(['y'.repeat(100_000)], 'ü.txt', { type: 'text/plain' })
    const back = await reference('kinds')(new Map([[new Date(5), 7n]]), new Uint8Array([1, 2, 3]), file, form)
    return [back[0].map(([when, big]: [number, bigint]) => [when, `${big}`]), ...back.slice(1)]
  })
  assert.deepEqual([map, sum, file, keys], [[[5, '7']], 6, ['ü.txt', 'text/plain', 100_000], ['a', 'b']])
})

test('the progress of an upload is told, and its answer is as any other', async () => {
  const { told, size } = await inPage(async (reference, withProgress) => {
    const told: number[][] = []
    const file = new File([new Uint8Array(20 << 20)], 'big')
    const size = await reference('size').with({ fetch: withProgress((sent, total) => told.push([sent, total])) })(file)
    return { told, size }
  })
  assert.equal(size, 20 << 20)
  assert.ok(told.length > 1 && told.every(([sent = 0], at) => sent >= (told[at - 1]?.[0] ?? 0)), JSON.stringify(told))
  const [sent, total] = told.at(-1)!
  assert.ok(sent === total && total! > 20 << 20)
})

test('an upload can be aborted: its action never runs, and nothing of it stays', async () => {
  const before = uploads
  const name = await inPage(async (reference, withProgress) => {
    const stop = new AbortController()
    const file = new File([new Uint8Array(60 << 20)], 'big')
    const fetch = withProgress(() => stop.abort())
    return reference('size').with({ fetch, signal: stop.signal })(file).then(String, (error: Error) => error.name)
  })
  assert.equal(name, 'AbortError')
  for (let tries = 0; temporaryFiles() > 0 && tries < 100; tries += 1) await sleep(20)
  assert.deepEqual([uploads - before, temporaryFiles()], [0, 0])
})

test('parallel calls of an action settle in the order of the calls', async () => {
  const order = await inPage(async (reference) => {
    const order: number[] = []
    const action = reference('inOrder')
    await Promise.all([action(1, 300), action(2, 150), action(3, 100)].map((it) => it.then((value: number) => order.push(value))))
    return order
  })
  assert.deepEqual(order, [1, 2, 3])
  assert.equal(mostAtATime, 3, 'they ran side by side')
})

test('an object stays one, and may contain itself', async () => {
  const isSame = await inPage(async (reference) => {
    const cycle: Record<string, unknown> = { name: 'x' }
    cycle['self'] = cycle
    const back = await reference('echo')([cycle, cycle, new Set([cycle])])
    return back[0] === back[1] && back[0].self === back[0] && back[2].has(back[0])
  })
  assert.ok(isSame)
})

test('promises and iterations are sent with what they come to', async () => {
  const all = await inPage(async (reference) => {
    const items = (async function* () {
      yield 1
      yield 2
    })()
    return reference('later')(new Promise((resolve) => setTimeout(resolve, 20, 'late')), items)
  })
  assert.deepEqual(all, ['late', '1', '2'])
})

test('an iteration is read while it goes on', async () => {
  const seen = await inPage(async (reference) => {
    const iterator = (await reference('ticks')(3))[Symbol.asyncIterator]()
    const seen = []
    for (let next = await iterator.next(); ; next = await iterator.next()) {
      seen.push(next.done ? next.value : [next.value.tick, next.value.at.getTime()])
      if (next.done) return seen
    }
  })
  assert.deepEqual(seen, [[1, 1], [2, 2], [3, 3], 'done'])
})

test('leaving an iteration, and aborting its call, stop it on the server', async () => {
  for (const how of ['break', 'abort']) {
    stopped = 0
    await page.evaluate(`(async (reference) => {
      const abort = new AbortController()
      const ticks = await reference('ticks').with({ signal: abort.signal })(1e9)
      try {
        for await (const { tick } of ticks) {
          if (tick === 3 && '${how}' === 'abort') abort.abort()
          else if (tick >= 3) break
        }
      } catch (error) {
        if (error.name !== 'AbortError') throw error
      }
    })(window.reference)`)
    const deadline = Date.now() + 5_000
    while (stopped === 0 && Date.now() < deadline) await sleep(10)
    assert.equal(stopped, 1, `${how} after ${produced}`)
  }
})

test('what else is waited for arrives all the same', async () => {
  const later = await inPage(async (reference) => {
    const { ticks, later } = await reference('both')()
    for await (const _ of ticks) break
    return later
  })
  assert.equal(later, 'still here')
})

test('a stream is a stream, and a file in a form has its name', async () => {
  const [items, file] = await inPage(async (reference) => {
    const items = []
    const reader = (await reference('stream')()).getReader()
    for (let next = await reader.read(); !next.done; next = await reader.read()) items.push(next.value)
    const report = (await reference('download')()).get('report')
    return [[items[0], [...items[1].get('k')]], [report.name, report.type, report.size]]
  })
  assert.deepEqual([items, file], [['a', [1, 2]], ['report.csv', 'text/csv', 3_000_000]])
})

test('what fails later rejects there', async () => {
  const [digest, isPromise] = await inPage(async (reference) => {
    const { promise } = await reference('fails')()
    return promise.then(
      () => [],
      (error: { digest: string }) => [error.digest, promise instanceof Promise],
    )
  })
  assert.ok(digest && isPromise)
})
