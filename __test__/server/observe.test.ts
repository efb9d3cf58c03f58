/** What can be known of calls, and what never can. */

import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { channel, subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel'
import { after, afterEach, describe, mock, test } from 'node:test'

import * as api from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { redirect } from 'errand/navigation'
import { ActionError, type CallEvent, type HandlerOptions } from 'errand/server'

import { type Running, serve, wireBody } from './host.ts'

/** In arguments, fields, file names, cookies and headers: it may be told nowhere. */
const SECRET = 'hunter2-4711'

let server: Running | undefined
afterEach(async () => {
  mock.restoreAll()
  await server?.close()
  server = undefined
})

const start = async (options: Partial<HandlerOptions>): Promise<Running> => {
  await server?.close()
  return (server = await serve({
    actions: {
      greet: () => async function greet(name: unknown) {
        return `hello ${String(name).length}`
      },
      leave: () => async function leave() {
        redirect('/there')
      },
      say: () => async function say() {
        throw new ActionError('no')
      },
      fail: () => async function fail() {
        throw new TypeError(SECRET)
      },
      count: () => async function* count() {
        yield 1
        yield 2
      },
    },
    ...options,
  }))
}

const headers = { cookie: `session=${SECRET}`, 'x-key': SECRET }

async function callAll(): Promise<void> {
  const file = new File([SECRET], `${SECRET}.txt`)
  for (const [id, args] of [['greet', [SECRET, file]], ['leave', [SECRET]], ['say', []], ['fail', []], ['count', []]] as const) {
    await server!.call(id, [...args], headers)
  }
  const form = new FormData()
  form.append('$ACTION_ID_greet', '')
  form.append('field', SECRET)
  const { body, contentType } = await wireBody(form)
  await server!.send({ headers: { 'content-type': contentType, ...headers }, body })
  await server!.call('greet', [], { 'sec-fetch-site': 'cross-site', origin: `https://${SECRET}.test` })
}

describe('events of diagnostics_channel', () => {
  test('tell of each call its name, kind, sizes, times and end, and of each refusal its code [D171]', async () => {
    const told: CallEvent[] = []
    const refused: unknown[] = []
    const onCall = (event: unknown): void => void told.push(event as CallEvent)
    const onRefused = (event: unknown): void => void refused.push(event)
    mock.method(console, 'warn', () => {})
    await start({})
    subscribe('errand:answered', onCall)
    subscribe('errand:refused', onRefused)
    try {
      await callAll()
    } finally {
      unsubscribe('errand:answered', onCall)
      unsubscribe('errand:refused', onRefused)
    }
    assert.deepEqual(
      told.map(({ name, kind, outcome, status, argumentCount }) => [name, kind, outcome, status, argumentCount]),
      [
        ['greet', 'call', 'ok', 200, 2],
        ['leave', 'call', 'redirect', 200, 1],
        ['say', 'call', 'declared', 422, 0],
        ['fail', 'call', 'unexpected', 500, 0],
        ['count', 'call', 'ok', 200, 0],
        ['greet', 'form', 'ok', 303, 1],
      ],
    )
    for (const event of told) {
      assert.ok(event.totalTime >= event.receiveTime + event.runTime - 0.001 && event.receiveTime > 0, JSON.stringify(event))
      assert.ok(event.bytesReceived! > 0)
    }
    assert.equal(told[4]!.bytesSent, undefined, 'it went on for a while')
    assert.match(told[3]!.digest!, /\w{8}/)
    assert.deepEqual(refused, [{ code: 'errand::origin-mismatch', status: 403 }])
    assert.ok(!JSON.stringify([told, refused]).includes(SECRET))
  })

  test('a tracing channel is around the action, and what is bound to it is there in it', async () => {
    const { start: begin, end, asyncEnd, error } = tracingChannel('errand:call')
    const store = new AsyncLocalStorage<string>()
    const seen: string[] = []
    let inside: string | undefined
    await start({
      actions: {
        act: () => async function act() {
          await new Promise((resolve) => setTimeout(resolve, 5))
          inside = store.getStore()
          return SECRET
        },
        fail: () => async () => {
          throw new Error('x')
        },
      },
    })
    const channels = { begin, end, asyncEnd, error } as Record<string, ReturnType<typeof channel>>
    const listeners = Object.entries(channels).map(([name, one]) => {
      const listener = (event: unknown): void => {
        assert.ok(!JSON.stringify(event).includes(SECRET))
        seen.push(name)
      }
      one.subscribe(listener)
      return () => one.unsubscribe(listener)
    })
    ;(begin as unknown as { bindStore(store: unknown, of: (event: CallEvent) => string): void }).bindStore(store, (event) => `in ${event.name}`)
    try {
      await server!.call('act', [])
      assert.equal(inside, 'in act')
      await server!.call('fail', [])
    } finally {
      ;(begin as unknown as { unbindStore(store: unknown): void }).unbindStore(store)
      for (const stop of listeners) stop()
    }
    assert.deepEqual(seen, ['begin', 'end', 'asyncEnd', 'begin', 'end', 'error', 'asyncEnd'])
  })
})

describe('OpenTelemetry', () => {
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  api.trace.setGlobalTracerProvider(provider)
  api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  after(() => {
    api.trace.disable()
    api.context.disable()
  })

  test('a span around each action is named after it and is the parent of what it does', async () => {
    await start({
      telemetry: api,
      actions: {
        greet: () => async function greet(_: unknown) {
          await new Promise((resolve) => setTimeout(resolve, 1))
          api.trace.getTracer('app').startSpan('query').end()
        },
        fail: () => async function fail() {
          throw new TypeError(SECRET)
        },
      },
    })
    exporter.reset()
    await server!.call('greet', [SECRET], headers)
    await server!.call('fail', [], headers)
    const [query, greet, fail] = exporter.getFinishedSpans()
    assert.deepEqual([query!.name, greet!.name, fail!.name], ['query', 'errand.action greet', 'errand.action fail'])
    assert.equal(query!.parentSpanContext?.spanId, greet!.spanContext().spanId)
    assert.equal(greet!.attributes['code.function.name'], 'greet')
    assert.equal(greet!.attributes['errand.outcome'], 'ok')
    assert.equal(greet!.attributes['http.response.status_code'], 200)
    assert.equal(greet!.attributes['errand.argument.count'], 1)
    assert.equal(fail!.status.code, api.SpanStatusCode.ERROR)
    assert.equal(fail!.attributes['error.type'], 'TypeError')
    assert.ok(!JSON.stringify([greet, fail].map((span) => [span!.name, span!.attributes, span!.events, span!.status])).includes(SECRET))
  })
})

describe('for who develops', () => {
  test('a line for each call, without control characters [D18, D53]', async () => {
    const lines: string[] = []
    mock.method(console, 'warn', () => {})
    await start({ log: (line) => void lines.push(line) })
    await callAll()
    await server!.send({ path: `/a%0a?token=${SECRET}`, headers: { 'content-type': 'text/plain', 'errand-action': 'greet' }, body: '[]' })
    for (const line of [
      /^POST \/ greet \d+ ms 200 · \d+ B in · \d+ B out$/,
      /leave \d+ ms 200 redirect/,
      /fail \d+ ms 500 unexpected/,
      /303 · form/,
      /^POST \/a%0a greet/,
    ]) {
      assert.ok(lines.some((it) => line.test(it)), `${String(line)} in ${lines.join('\n')}`)
    }
    assert.ok(!lines.some((line) => line.includes(SECRET) || /\p{Cc}/u.test(line)), lines.join('\n'))
  })

  test('server-timing, where it is asked for', async () => {
    await start({ serverTiming: true })
    assert.match(String((await server!.call('greet', [1])).headers['server-timing']), /^receive;dur=\d+\.\d, run;dur=\d+\.\d$/)
    await start({})
    assert.equal((await server!.call('greet', [1])).headers['server-timing'], undefined)
  })
})

describe('metrics', () => {
  test('count calls, refusals, times, bytes and the cache, in Prometheus’s words', async () => {
    mock.method(console, 'warn', () => {})
    await start({ metrics: true })
    await callAll()
    const text = server!.handler.metrics()
    const samples = parse(text)
    const value = (name: string, labels: Record<string, string> = {}): number | undefined =>
      samples.find((it) => it.name === name && Object.entries(labels).every(([key, wanted]) => it.labels[key] === wanted))?.value
    assert.equal(value('errand_calls_total', { action: 'greet', kind: 'call', outcome: 'ok' }), 1)
    assert.equal(value('errand_calls_total', { action: 'greet', kind: 'form' }), 1)
    assert.equal(value('errand_calls_total', { action: 'fail', outcome: 'unexpected' }), 1)
    assert.equal(value('errand_call_duration_seconds_count', { id: 'greet' }), 2)
    assert.equal(value('errand_call_duration_seconds_bucket', { id: 'greet', le: '+Inf' }), 2)
    assert.ok(value('errand_call_duration_seconds_sum', { id: 'greet' })! > 0)
    assert.equal(value('errand_calls_running'), 0)
    assert.equal(value('errand_refused_total', { code: 'errand::origin-mismatch' }), 1)
    assert.ok(value('errand_received_bytes_total')! > 100)
    assert.ok(samples.some(({ name }) => name === 'errand_cache_reads_total'))
    assert.ok(!text.includes(SECRET))
  })

  test('are not there unless asked for', async () => {
    await start({})
    assert.throws(() => server!.handler.metrics(), { code: 'errand::bad-option' })
  })
})

interface Sample {
  name: string
  labels: Record<string, string>
  value: number
}

/** Reads the text format strictly: each family with its help and type first, each sample of the family before. */
function parse(text: string): Sample[] {
  assert.ok(text.endsWith('\n'))
  let family = ''
  let type = ''
  return text.slice(0, -1).split('\n').flatMap((line) => {
    const help = /^# HELP ([a-z_]+) [^\n]+$/.exec(line)
    if (help) {
      family = help[1]!
      return []
    }
    const typed = /^# TYPE ([a-z_]+) (counter|gauge|histogram)$/.exec(line)
    if (typed) {
      assert.equal(typed[1], family)
      type = typed[2]!
      return []
    }
    const [, name, inner = '', value] = /^([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\[\\n"])*",?)*)\})? ([0-9.e+-]+)$/.exec(line) ?? assert.fail(line)
    assert.ok(type === 'histogram' ? name!.startsWith(family) : name === family, line)
    const labels = Object.fromEntries([...inner.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)].map((it) => [it[1]!, it[2]!]))
    return [{ name: name!, labels, value: Number(value) }]
  })
}
