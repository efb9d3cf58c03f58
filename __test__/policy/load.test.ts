/** Places of calls at a time under load: never more than may, and all of them back in the end. */

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, before, test } from 'node:test'

import { signal } from 'errand/headers'
import { action, type ActionLoader } from 'errand/server'

import { type Running, serve } from '../server/host.ts'

const MOST = 3
const QUEUE = 5
const POLICY = { concurrency: MOST, queue: QUEUE }

let server: Running
let running = 0
let most = 0

async function counted<T>(work: () => Promise<T>): Promise<T> {
  most = Math.max(most, ++running)
  try {
    return await work()
  } finally {
    running--
  }
}

const mixed = action({ ...POLICY, timeout: 250 }, async (how: string, ms: number) =>
  counted(async () => {
    if (how === 'hang') await sleep(ms + 280) // it isn't interested in what it is told
    else if (how === 'together') while (most < MOST) await sleep(1)
    else await sleep(ms, undefined, { signal: signal() }).catch(() => {})
    if (how === 'throw') throw new Error('of its own')
    return how
  }),
)

const streamed = action(POLICY, async function* (items: number) {
  most = Math.max(most, ++running)
  try {
    for (let item = 0; item < items; item++) {
      await sleep(1)
      yield item
    }
  } finally {
    running--
  }
})

const table = (fn: (...args: any[]) => unknown): ActionLoader => Object.assign(async () => fn, { policy: POLICY })

before(async () => {
  server = await serve({ actions: { mixed: table(mixed), streamed: table(streamed) } })
})
after(() => server.close())

/** All places are free: as many run as may, at once, and as many wait. */
async function allAreBack(): Promise<void> {
  while (running > 0) await sleep(5)
  await sleep(20)
  most = 0
  const calls = Array.from({ length: MOST + QUEUE }, () => server.call('mixed', ['together', 0]))
  assert.deepEqual((await Promise.all(calls)).map(({ status }) => status), Array<number>(MOST + QUEUE).fill(200))
  assert.equal(most, MOST)
}

/** How a call may end, by what it is to do. Whether there is a place for it depends on the machine. */
const ENDS: Record<string, string[]> = {
  wait: ['200', '503', '504'],
  throw: ['500', '503', '504'],
  hang: ['503', '504'],
  abort: ['200', '503', '504', 'TimeoutError'],
  here: ['here', 'errand::busy', 'errand::timeout'],
}

test('calls that end in every way, forms, and calls of this process', async () => {
  const counts: Record<string, Record<string, number>> = {}
  const one = async (n: number): Promise<void> => {
    const how = Object.keys(ENDS)[n % 5]!
    const args = [how, (n * 13) % 15]
    let end: string
    if (how === 'here') {
      end = await mixed('here', 5).catch((error) => error.code as string)
    } else if (how === 'abort') {
      const request = fetch(server.url, { method: 'POST', body: JSON.stringify(args), headers: { 'errand-action': 'mixed' }, signal: AbortSignal.timeout(1 + (n % 12)) })
      end = await request.then(({ status }) => String(status), (error) => error.name as string)
    } else {
      end = String((await server.call('mixed', args)).status)
    }
    const ends = (counts[how] ??= {})
    ends[end] = (ends[end] ?? 0) + 1
  }
  /** `lanes` at a time, one after another in each. */
  const all = async (lanes: number, count: number): Promise<void> => {
    let n = 0
    await Promise.all(Array.from({ length: lanes }, async () => { while (n < count) await one(n++) }))
  }
  await all(MOST, 200) // a place for each, but for those whose abort the server has still to hear of
  await all(60, 400) // most are sent away
  assert.ok(most <= MOST, `${most} ran at a time`)
  for (const [how, ends] of Object.entries(counts)) {
    assert.deepEqual(Object.keys(ends).filter((end) => !ENDS[how]!.includes(end)), [], how)
  }
  assert.ok(counts['hang']!['504']! > 0 && counts['throw']!['500']! > 0 && counts['wait']!['503']! > 0, JSON.stringify(counts))
  await allAreBack()
})

test('a result that goes on holds its place until it was read, or nobody reads it', async () => {
  most = 0
  const open = async (items: number): Promise<Response> =>
    fetch(server.url, { method: 'POST', body: `[${items}]`, headers: { 'errand-action': 'streamed' } })
  const held = await Promise.all(Array.from({ length: MOST }, () => open(1_000_000)))
  assert.deepEqual(held.map(({ status }) => status), Array<number>(MOST).fill(200))
  let isIn = false
  const waiting = open(3).then((response) => {
    isIn = true
    return response.text()
  })
  await sleep(100)
  assert.deepEqual([isIn, most], [false, MOST])
  await held[0]!.body!.cancel()
  assert.match(await waiting, /2/)
  await Promise.all(held.slice(1).map(({ body }) => body!.cancel()))
  await allAreBack()
})

test('so it is where the host is one of Fetch', async () => {
  const { handler, url } = server
  const call = async (): Promise<Response> => {
    const request = new Request(url, { method: 'POST', body: '[3]', headers: { 'errand-action': 'streamed', 'content-type': 'text/plain' } })
    return (await handler.fetch(request))!
  }
  const held = await Promise.all(Array.from({ length: MOST }, call))
  let isIn = false
  const waiting = call().then((response) => {
    isIn = true
    return response.text()
  })
  await sleep(10)
  assert.equal(isIn, false)
  await held[0]!.text()
  await waiting
  for (const response of held.slice(1)) await response.text()
  await allAreBack()
})
