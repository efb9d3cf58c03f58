/** Several processes, one cache: what an action in one of them changed is seen by all, at once by its own visitor. */

import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import type { CacheOptions } from 'errand/server'

import { type RedisServer, startRedis } from '../support/redis.ts'
import { tempFolder } from '../support/temp.ts'

interface Process {
  child: ChildProcess
  url: string
}

const PROGRAM = fileURLToPath(new URL('./cache-process.mjs', import.meta.url))

async function start(cache: CacheOptions, data: string): Promise<Process> {
  const child = fork(PROGRAM, { env: { ...process.env, CACHE: JSON.stringify(cache), DATA: data } })
  const [url] = (await once(child, 'message')) as [string]
  return { child, url }
}

async function read({ url }: Process, cookie = ''): Promise<number> {
  const response = await fetch(`${url}/page`, { headers: cookie ? { cookie } : {} })
  assert.equal(response.status, 200)
  return Number(await response.text())
}

/** Writes; gives what was written, and the cookies that the visitor got. */
async function write({ url }: Process): Promise<{ now: number; cookie: string }> {
  const response = await fetch(`${url}/page`, {
    method: 'POST',
    headers: { 'errand-action': 'write', 'content-type': 'text/plain', accept: 'text/x-component' },
    body: '[]',
  })
  assert.equal(response.status, 200)
  const cookie = response.headers.getSetCookie().map((it) => it.split(';')[0]).join('; ')
  return { now: Number(/^[0-9a-f]+:(\d+)$/m.exec(await response.text())![1]), cookie }
}

let redis: RedisServer
before(async () => (redis = await startRedis()))
after(() => redis?.stop())

for (const count of [2, 4]) {
  for (const store of ['disk', 'redis'] as const) {
    describe(`${count} processes on one ${store}`, () => {
      const folder = tempFolder('across')
      let processes: Process[] = []

      before(async () => {
        const cache: CacheOptions =
          store === 'disk' ? { store, path: `${folder.path}/cache` } : { store, url: redis.url, prefix: `across-${count}` }
        processes = await Promise.all(Array.from({ length: count }, () => start(cache, `${folder.path}/data`)))
      })
      after(async () => {
        for (const { child } of processes) child.kill('SIGKILL')
        folder.remove()
      })

      test('share one fill, and what one invalidates is gone in all, for good', async () => {
        const [writer, ...readers] = processes as [Process, ...Process[]]
        const first = await read(writer)
        for (const reader of readers) assert.equal(await read(reader), first)
        const seen = new Map(readers.map((reader) => [reader, first]))
        const times: number[] = []
        for (let round = 0; round < 10; round += 1) {
          const { now } = await write(writer)
          const began = performance.now()
          await Promise.all(
            readers.map(async (reader) => {
              for (let last = 0; last < now; ) {
                last = await read(reader)
                assert.ok(last >= seen.get(reader)!, 'never back to an older value')
                seen.set(reader, last)
                assert.ok(performance.now() - began < 5_000, 'seen at all')
              }
            }),
          )
          times.push(performance.now() - began)
        }
        times.sort((a, b) => a - b)
        console.log(`# until the last of ${readers.length} saw it: median ${times[5]!.toFixed(1)} ms, at most ${times.at(-1)!.toFixed(1)} ms`)
      })

      test('the visitor who wrote sees it at once, wherever the next request goes', async () => {
        const [writer, ...readers] = processes as [Process, ...Process[]]
        for (let round = 0; round < 20; round += 1) {
          const { now, cookie } = await write(writer)
          for (const reader of readers) assert.equal(await read(reader, cookie), now)
        }
      })

      test('a process that is killed while it fills holds nobody up for long, and loses nothing', async () => {
        const [writer, victim] = processes as [Process, Process, ...Process[]]
        const { now, cookie } = await write(writer)
        const slow = fetch(`${victim.url}/slow`).catch(() => {})
        await sleep(100)
        victim.child.kill('SIGKILL')
        await slow
        assert.equal(await read(writer, cookie), now)
        const began = performance.now()
        assert.equal((await fetch(`${writer.url}/slow`)).status, 200)
        assert.ok(performance.now() - began < 15_000)
      })
    })
  }
}

test('while Redis is away pages are rendered anew; an action that invalidates says that it could not', async () => {
  const own = await startRedis()
  const folder = tempFolder('away')
  const process = await start({ store: 'redis', url: own.url, commandTimeout: 300, maxSilence: 300 }, `${folder.path}/data`)
  try {
    const { now } = await write(process)
    assert.equal(await read(process), now)
    await own.kill()
    assert.equal(await read(process), now)
    const response = await fetch(`${process.url}/page`, {
      method: 'POST',
      headers: { 'errand-action': 'write', 'content-type': 'text/plain', accept: 'text/x-component' },
      body: '[]',
    })
    assert.equal(response.status, 500)
    await own.startAgain()
    for (let tries = 0; ; tries += 1) {
      const written = await write(process).catch(() => null)
      if (written) {
        assert.equal(await read(process, written.cookie), written.now)
        break
      }
      assert.ok(tries < 100, 'it is found again')
      await sleep(50)
    }
  } finally {
    process.child.kill('SIGKILL')
    await own.stop()
    folder.remove()
  }
})
