/** What `action()` does by itself: in a test, in a script, when another action calls it. */

import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'node:test'

import { signal } from 'errand/headers'
import { action, ActionError } from 'errand/server'
import * as v from 'valibot'
import { z } from 'zod'

const code = (code: string) => (error: unknown): boolean => (error as { code?: string }).code === code

/** A promise, and what settles it. */
function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void
  return { promise: new Promise((it) => (resolve = it)), resolve }
}

test('a function without rules is itself, but for its promise', async () => {
  const add = action({}, function add(a: number, b: number) {
    return a + b
  })
  assert.equal(await add(1, 2), 3)
  assert.deepEqual([add.name, add.length], ['add', 2])
  await assert.rejects(action({}, () => { throw new TypeError('no') })(), TypeError)
})

test('options that can not be meant are refused', () => {
  const fn = async (): Promise<void> => {}
  const bad: [object, RegExp][] = [
    [{ limit: '1 megs' }, /^limit: /],
    [{ limit: -1 }, /^limit: /],
    [{ files: 1.5 }, /^files\.count: /],
    [{ files: { size: 'big' } }, /^files\.size: /],
    [{ files: { types: ['.png'] } }, /^files\.types: /],
    [{ timeout: 0 }, /^timeout: /],
    [{ timeout: '1d' }, /^timeout: /],
    [{ concurrency: 0 }, /^concurrency: /],
    [{ queue: -1 }, /^queue: /],
    [{ timeOut: 1 }, /'timeOut'/],
    [{ input: {} }, /Standard Schema/],
    [{ input: [] }, /Standard Schema/],
    [{ input: [z.string(), 'x'] }, /Standard Schema/],
  ]
  for (const [options, message] of bad) {
    assert.throws(() => action(options, fn), { code: 'errand::bad-option', message }, JSON.stringify(options))
  }
  assert.throws(() => action({}, undefined as never), { code: 'errand::bad-option' })
})

test('a function that is done in time has no end', async () => {
  const quick = action({ timeout: 5_000 }, async () => signal().aborted)
  assert.equal(await quick(), false)
})

test('when the time is up the caller knows, and so does the function', async () => {
  const told = deferred()
  const reasons: unknown[] = []
  const slow = action({ timeout: '20ms' }, async () => {
    const end = signal()
    await new Promise<void>((resolve) => end.addEventListener('abort', () => resolve()))
    reasons.push(end.reason.name)
    told.resolve()
    return 'too late'
  })
  await assert.rejects(slow(), { code: 'errand::timeout', message: 'the action took more than 20 ms' })
  await told.promise
  assert.deepEqual(reasons, ['TimeoutError'])
})

test('an action in an action ends with the outer one', async () => {
  const ended = deferred()
  const inner = action({ timeout: 60_000 }, async () => {
    await new Promise<void>((resolve) => signal().addEventListener('abort', () => resolve()))
    ended.resolve()
  })
  const outer = action({ timeout: 20 }, async () => inner())
  await assert.rejects(outer(), code('errand::timeout'))
  await ended.promise
})

test('what fails after its time is not lost, what was told to stop is', async (t) => {
  const seen = t.mock.method(console, 'error', () => {})
  const told = action({ timeout: 10 }, async () => sleep(60_000, undefined, { signal: signal() }).catch(() => { throw signal().reason }))
  await assert.rejects(told(), code('errand::timeout'))
  const done = deferred()
  const failing = action({ timeout: 10 }, async () => {
    await done.promise
    throw new Error('of its own')
  })
  await assert.rejects(failing(), code('errand::timeout'))
  assert.equal(seen.mock.callCount(), 0)
  done.resolve()
  while (seen.mock.callCount() === 0) await sleep(1)
  assert.deepEqual(seen.mock.calls.map((call) => (call.arguments[1] as Error).message), ['of its own'])
})

test('no more run at a time than may, the queue is kept in order, and what is beyond it is refused', async () => {
  let running = 0
  let most = 0
  const order: number[] = []
  const gates = Array.from({ length: 6 }, deferred)
  const work = action({ concurrency: 2, queue: 3 }, async (n: number) => {
    most = Math.max(most, ++running)
    order.push(n)
    await gates[n]!.promise
    running--
    return n
  })
  const calls = [0, 1, 2, 3, 4].map((n) => work(n))
  await assert.rejects(work(5), { code: 'errand::busy' })
  for (const n of [1, 0, 2, 3, 4]) {
    gates[n]!.resolve()
    await calls[n]
  }
  assert.deepEqual([most, running, order], [2, 0, [0, 1, 2, 3, 4]])
  gates[5]!.resolve()
  assert.equal(await work(5), 5)
})

test('a call that fails gives its place back, and one that holds it may call itself', async () => {
  const count = action({ concurrency: 1, queue: 0 }, async (n: number): Promise<number> => (n === 0 ? 0 : 1 + (await count(n - 1))))
  assert.equal(await count(3), 3)
  const fail = action({ concurrency: 1, queue: 0 }, async () => { throw new TypeError('no') })
  await assert.rejects(fail(), TypeError)
  await assert.rejects(fail(), TypeError)
})

test('a function that goes on after its time keeps its place until it is done', async () => {
  const gate = deferred()
  const work = action({ concurrency: 1, queue: 0, timeout: 10 }, async () => gate.promise)
  await assert.rejects(work(), code('errand::timeout'))
  await assert.rejects(work(), code('errand::busy'))
  gate.resolve()
  await sleep(5)
  await work()
})

for (const [library, schema, pair] of [
  ['zod', z.object({ title: z.string().min(3), tags: z.array(z.coerce.number()).default([]) }), z.number()],
  ['valibot', v.object({ title: v.pipe(v.string(), v.minLength(3)), tags: v.optional(v.array(v.pipe(v.unknown(), v.transform(Number), v.number())), []) }), v.number()],
] as const) {
  test(`${library}: the function gets what the schema gives`, async () => {
    const seen: unknown[] = []
    const save = action({ input: schema }, async (...args) => { seen.push(args) })
    await (save as (...args: any[]) => Promise<void>)({ title: 'long', tags: ['1'], more: true }, 'beyond')
    assert.deepEqual(seen, [[{ title: 'long', tags: [1] }]])
  })

  test(`${library}: what it refuses is an error with its issues`, async () => {
    const save = action({ input: schema }, async () => assert.fail('it ran'))
    await assert.rejects((save as (...args: any[]) => Promise<void>)({ title: 'no', tags: ['x'] }), (error) => {
      assert.ok(error instanceof ActionError)
      assert.equal(error.code, 'errand::invalid-input')
      const { issues } = error.data as { issues: { path: unknown[]; message: string }[] }
      assert.deepEqual(issues[0]!.path, ['title'])
      assert.ok(issues.every(({ message }) => message.length > 0))
      return true
    })
    await assert.rejects((save as (...args: any[]) => Promise<void>)(), code('errand::invalid-input'))
  })

  test(`${library}: each argument has its schema, or none`, async () => {
    const move = action({ input: [pair, undefined, pair] }, async (a, b, c) => [a, b, c])
    assert.deepEqual(await move(1, { any: 'thing' }, 3), [1, { any: 'thing' }, 3])
    await assert.rejects(move('x' as never, 0, 'y' as never), (error: ActionError<{ issues: { path: unknown[] }[] }>) => {
      assert.deepEqual(error.data.issues.map(({ path }) => path), [[0], [2]])
      return true
    })
  })
}

test('a schema may take its time, and gets forms as they are', async () => {
  const form = z.instanceof(FormData).transform(async (it) => String(it.get('title')))
  const save = action({ input: form }, async (title) => title.toUpperCase())
  const sent = new FormData()
  sent.set('title', 'hi')
  assert.equal(await save(sent), 'HI')
})

test('types come from the schemas', () => {
  const typed = action({ input: z.object({ n: z.coerce.number<string>() }) }, async ({ n }) => n.toFixed(1))
  const call: (input: { n: string }) => Promise<string> = typed
  const both = action({ input: [z.string(), v.number()] }, async (text, n) => text.repeat(n))
  const callBoth: (text: string, n: number) => Promise<string> = both
  const plain: (a: number) => Promise<boolean> = action({ timeout: 1 }, (a: number) => a > 0)
  // @ts-expect-error: the schema gives a number
  action({ input: z.number() }, async (text: string) => text)
  // @ts-expect-error: there is no such option
  assert.throws(() => action({ limits: 1 }, async () => {}))
  assert.deepEqual([call, callBoth, plain].map((it) => it.length), [1, 2, 1])
})
