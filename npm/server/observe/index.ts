/**
 * What can be known of calls from outside: events, spans, a line each, a header, counters. Names, sizes and times, never
 * arguments.
 */

import process from 'node:process'

import type { CacheStats } from '../../../index.d.ts'
import type { Answer, Exchange } from '../exchange.ts'
import { CHANNELS, isHeard, traced } from './channels.ts'
import { logLine } from './log.ts'
import { Metrics } from './metrics.ts'
import { type Span, type Telemetry, startSpan } from './telemetry.ts'

export type { Telemetry } from './telemetry.ts'

/** How a call ended. `aborted`: its visitor left before the answer was sent whole. */
export type Outcome = 'ok' | 'redirect' | 'declared' | 'unexpected' | 'not-found' | 'forbidden' | 'unauthorized' | 'refused' | 'aborted'

/** What is told of one call; times are in milliseconds. */
export interface CallEvent {
  /** The action's id. */
  id: string
  /** Its function's name, where it has one. */
  name: string
  /** `call`: by fetch; `form`: without JavaScript. */
  kind: 'call' | 'form'
  /** The page's path, without its query. */
  path: string
  /** Bytes of the body as it was declared. */
  bytesReceived: number | undefined
  /** How many arguments there are. */
  argumentCount: number
  /** Until the arguments were there. */
  receiveTime: number
  /** Until the action had returned. */
  runTime: number
  /** From the request to the last byte. */
  totalTime: number
  outcome: Outcome | undefined
  status: number | undefined
  /** Of the answer, unless it went on for a while. */
  bytesSent: number | undefined
  /** What the client was told instead of an unexpected error. */
  digest: string | undefined
}

export interface ObserveOptions {
  log: boolean | ((line: string) => void)
  serverTiming: boolean
  metrics: boolean
  telemetry: Telemetry | undefined
}

/** What the options say, or the environment where they are silent. */
export function observeOptions(given: {
  log?: boolean | ((line: string) => void)
  serverTiming?: boolean
  metrics?: boolean
  telemetry?: Telemetry
}): ObserveOptions {
  const isDevelopment = process.env['NODE_ENV'] === 'development'
  return {
    log: given.log ?? isDevelopment,
    serverTiming: given.serverTiming ?? isDevelopment,
    metrics: given.metrics ?? false,
    telemetry: given.telemetry,
  }
}

export class Observer {
  readonly #options: ObserveOptions
  readonly #write: ((line: string) => void) | undefined
  readonly #metrics: Metrics | undefined
  readonly #isWanted: boolean

  constructor(options: ObserveOptions, ids: Iterable<string>) {
    this.#options = options
    this.#write = typeof options.log === 'function' ? options.log : options.log ? console.log : undefined
    this.#metrics = options.metrics ? new Metrics(ids) : undefined
    this.#isWanted = Boolean(this.#write ?? this.#metrics ?? options.telemetry) || options.serverTiming
  }

  /** A call begins; `undefined` where nobody wants to know. */
  call(exchange: Exchange, kind: CallEvent['kind'], id: string, name: string): ObservedCall | undefined {
    if (!this.#isWanted && !isHeard()) return undefined
    this.#metrics?.began()
    return new ObservedCall(this.#options, exchange, kind, id, name, (event) => this.#ended(event))
  }

  refused(code: string, status: number): void {
    this.#metrics?.refused(code)
    if (CHANNELS.refused.hasSubscribers) CHANNELS.refused.publish({ code, status })
  }

  /** The counters as Prometheus reads them. */
  metrics(cache: CacheStats): string | undefined {
    return this.#metrics?.text(cache)
  }

  #ended(event: CallEvent): void {
    this.#metrics?.ended(event)
    this.#write?.(logLine(event))
    if (CHANNELS.answered.hasSubscribers) CHANNELS.answered.publish(event)
  }
}

/** One call that somebody looks at. */
export class ObservedCall {
  readonly event: CallEvent
  readonly #began = performance.now()
  readonly #span: Span | undefined
  readonly #isTimed: boolean
  readonly #ended: (event: CallEvent) => void

  constructor(
    { telemetry, serverTiming }: ObserveOptions,
    exchange: Exchange,
    kind: CallEvent['kind'],
    id: string,
    name: string,
    ended: (event: CallEvent) => void,
  ) {
    const length = exchange.header('content-length')
    this.event = {
      id,
      name,
      kind,
      path: exchange.url.split('?', 1)[0]!,
      bytesReceived: length === undefined ? undefined : Number(length),
      argumentCount: 0,
      receiveTime: 0,
      runTime: 0,
      totalTime: 0,
      outcome: undefined,
      status: undefined,
      bytesSent: undefined,
      digest: undefined,
    }
    this.#isTimed = serverTiming
    this.#ended = ended
    this.#span = telemetry && startSpan(telemetry, this.event)
  }

  /** Runs the action, so that what it does is seen as a part of this call. */
  run<T>(argumentCount: number, work: () => Promise<T>): Promise<T> {
    this.event.argumentCount = argumentCount
    this.event.receiveTime = this.#since()
    const inSpan = (): Promise<T> => (this.#span ? this.#span.run(work) : work())
    const running = isHeard() ? traced(this.event, inSpan) : inSpan()
    return running.finally(() => (this.event.runTime = this.#since() - this.event.receiveTime))
  }

  /** The answer is ready. It is over when its body was sent. */
  answered(answer: Answer, outcome: Outcome, digest: string, error: unknown): void {
    const { event } = this
    event.outcome = outcome
    event.status = answer.status
    event.digest = digest || undefined
    if (this.#isTimed) answer.headers = [...answer.headers, 'server-timing', this.#timing()]
    const { body, closed } = answer
    const end = (): void => {
      event.totalTime = this.#since()
      this.#span?.end(event, error)
      this.#ended(event)
    }
    if (!(body instanceof ReadableStream)) {
      event.bytesSent = body === null ? 0 : typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength
      return end()
    }
    answer.closed = () => {
      closed?.()
      end()
    }
  }

  #since(): number {
    return performance.now() - this.#began
  }

  #timing(): string {
    const { receiveTime, runTime } = this.event
    return `receive;dur=${receiveTime.toFixed(1)}, run;dur=${runTime.toFixed(1)}`
  }
}
