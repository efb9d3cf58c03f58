/** The native listener: requests that need JavaScript come through one queue, and their answers go back. */

import {
  type Arrived, LISTEN, type ListenAddress, type ListenContent, type ListenKind, type ListenSettings, native, type NativeListener,
} from '../../native/index.ts'
import { type Answer, fromResponse } from '../exchange.ts'
import { answer, answerCall, answerInTurn, type Pipeline } from '../pipeline/index.ts'
import { catchUp } from '../seen.ts'
import { ListenedExchange } from './listened.ts'

/** What `handler.listen` takes. Times are in milliseconds; `Infinity` is no limit. */
export interface ListenOptions {
  /** Default: 0, any port that is free. */
  port?: number
  /** The address or name to listen at. Default: all addresses, of IPv6 and IPv4. */
  host?: string
  /** PEM text of the certificate, followed by those that lead to a known one, and of its key: then connections are encrypted. */
  tls?: { cert: string | Uint8Array; key: string | Uint8Array }
  /** Answers what is neither a call nor a page that the cache holds. Default: 404. */
  fetch?: (request: Request) => Response | Promise<Response>
  /** Threads that read and write, beside JavaScript's. Default: 1. */
  threads?: number
  /** Connections at a time; one more is closed at once. Default: 10,000. */
  maxConnections?: number
  /** Bytes of a request's head, or text such as `32kb`. Default: 16 KB. */
  maxHeaderBytes?: number | string
  /** Headers of a request. Default: 100. */
  maxHeaders?: number
  /** Requests at a time on one connection of HTTP/2. Default: 100. */
  maxStreams?: number
  /** From the first byte of a request to the end of its head. Default: 10,000. */
  headersMs?: number
  /** Between two pieces of a body, whichever way it goes. Default: 30,000. */
  bodyMs?: number
  /** Between two requests on a connection. Default: 65,000, a little longer than balancers wait. */
  idleMs?: number
  /** How long `close` waits for what is being answered. Default: 10,000. */
  graceMs?: number
}

/** A server that listens. */
export interface Server {
  readonly port: number
  /** Connections now. */
  readonly connections: number
  address(): ListenAddress
  /** Keeps the process alive while it listens, as it does from the start. */
  ref(): this
  /** Lets the process end while it listens. */
  unref(): this
  /** Takes no more connections, and resolves when all requests are answered, or `graceMs` later cut off. */
  close(): Promise<void>
}

/** A process ends that waits for nothing; threads don't count. */
const LONGEST_MS = 2 ** 31 - 1

/** Starts to listen. */
export function listen(pipeline: Pipeline, options: ListenOptions, closed: () => void): Listening {
  return new Listening(pipeline, options, closed)
}

/** How long one answer may keep the thread to itself. */
const LONGEST_TURN_MS = 5

export class Listening implements Server {
  readonly #pipeline: Pipeline
  readonly #options: ListenOptions
  readonly #native: NativeListener
  readonly #address: ListenAddress
  readonly #alive = setInterval(() => {}, LONGEST_MS)
  readonly #closed: () => void
  /** Requests of which something will be told. */
  readonly #awaited = new Map<number, ListenedExchange>()
  readonly #plain: Kept
  #closing: Promise<void> | undefined
  #ended: (() => void) | undefined

  constructor(pipeline: Pipeline, options: ListenOptions, closed: () => void) {
    this.#pipeline = pipeline
    this.#options = options
    this.#closed = closed
    try {
      const wake = (): void => this.#drain()
      this.#native = new native.Listener(settingsOf(options), pipeline.host, pipeline.settings.cache.store, wake)
    } catch (error) {
      clearInterval(this.#alive)
      throw error
    }
    this.#plain = new Kept(this.#native, { ...pipeline.plainHead, body: pipeline.plainRows })
    this.#address = this.#native.address()!
  }

  /** From now on the cache may hold pages. */
  expectPages(): void {
    this.#native.expectPages()
  }

  get port(): number {
    return this.#address.port
  }

  get connections(): number {
    return this.#native.connections()
  }

  address(): ListenAddress {
    return this.#address
  }

  ref(): this {
    this.#alive.ref()
    return this
  }

  unref(): this {
    this.#alive.unref()
    return this
  }

  close(): Promise<void> {
    return (this.#closing ??= new Promise((resolve) => {
      this.#ended = resolve
      this.ref()
      this.#native.close(this.#options.graceMs ?? 10_000)
    }))
  }

  #drain(): void {
    const events = this.#native.drain()
    for (let at = 0; at < events.length; ) at += this.#take(events, at)
  }

  /** One event; gives how long it is. */
  #take(events: unknown[], at: number): number {
    if (events[at] === LISTEN.request) {
      const [kind, head, content] = [events[at + 2] as ListenKind, events[at + 3] as string, events[at + 4] as ListenContent]
      const exchange = new ListenedExchange(this.#native, this.#awaited, events[at + 1] as number, head, content)
      this.#answer(exchange, kind, events[at + 5] as number)
      return 6
    }
    if (events[at] === LISTEN.log) {
      const line = events[at + 1] as string
      console.warn(line)
      this.#pipeline.observer.refused(/^errand::[a-z-]+/.exec(line)?.[0] ?? '', 0)
      return 2
    }
    if (events[at] === LISTEN.ended) {
      this.#end()
      return 1
    }
    return this.#tell(events, at, this.#awaited.get(events[at + 1] as number))
  }

  /** Something of a request that is known. */
  #tell(events: unknown[], at: number, exchange: ListenedExchange | undefined): number {
    switch (events[at]) {
      case LISTEN.chunk:
        exchange?.arrived(events[at + 2] as Uint8Array)
        return 3
      case LISTEN.decoded:
        exchange?.arrived(events[at + 2] as Arrived, events[at + 3] as boolean)
        return 4
      case LISTEN.end:
        exchange?.arrived(null)
        return 2
      case LISTEN.broken:
        exchange?.broken()
        return 2
      case LISTEN.drained:
        exchange?.drained()
        return 2
      default:
        exchange?.closed(events[at + 2] as boolean)
        return 3
    }
  }

  #answer(exchange: ListenedExchange, kind: ListenKind, policy: number): void {
    const answered = typeof kind === 'string' ? this.#call(exchange, kind, policy) : this.#other(exchange, kind)
    answered.then(
      (it) => this.#send(exchange, it),
      (error: unknown) => this.#failed(exchange, error),
    )
  }

  /** A call that the host has admitted. */
  #call(exchange: ListenedExchange, id: string, policy: number): Promise<Answer> {
    const contentType = exchange.plain === undefined ? (exchange.header('content-type') ?? '') : ''
    const answered = (): Promise<Answer> =>
      policy === 0
        ? answerCall(this.#pipeline, exchange, { id, contentType, policy })
        : answerInTurn(this.#pipeline, exchange, { id, contentType, policy: Math.abs(policy), turn: policy > 0 ? 0 : 1 })
    return catchUp(this.#pipeline.settings.cache, exchange)?.then(answered) ?? answered()
  }

  /** What is no call that is known to be one. */
  async #other(exchange: ListenedExchange, isPerhapsOurs: boolean): Promise<Answer> {
    const { fetch } = this.#options
    const form = isPerhapsOurs ? await answer(this.#pipeline, exchange) : null
    if (form) return form
    if (fetch) return fromResponse(await fetch(exchange.requestWithBody()))
    return { status: 404, headers: ['content-type', 'text/plain'], body: 'Not Found' }
  }

  #failed(exchange: ListenedExchange, error: unknown): void {
    if (exchange.isBroken) return this.#send(exchange, { status: 400, headers: [], body: null })
    console.error('errand: a request failed\n', error)
    this.#send(exchange, { status: 500, headers: ['content-type', 'text/plain'], body: 'Internal Server Error' })
  }

  #send(exchange: ListenedExchange, answer: Answer): void {
    const { status, headers, body, closed } = answer
    if (closed) exchange.onClosed(closed)
    if (this.#plain.is(answer)) return this.#plain.send(exchange)
    const text = JSON.stringify(headers)
    const isOpen = body instanceof ReadableStream
    if (isOpen) exchange.watch()
    const unfit = isOpen
      ? this.#native.begin(exchange.id, status, text)
      : this.#native.answer(exchange.id, status, text, body)
    if (unfit !== null) {
      if (isOpen) void body.cancel().catch(() => {})
      return this.#failed(exchange, new Error(`an answer can't be sent: its ${unfit} is not fit for HTTP`))
    }
    if (isOpen) void this.#write(exchange, body)
    else exchange.answered()
  }

  async #write(exchange: ListenedExchange, body: ReadableStream<Uint8Array>): Promise<void> {
    const reader = body.getReader()
    let isLeft = false
    exchange.onClosed((isSent) => {
      isLeft = true
      if (!isSent) reader.cancel().catch(() => {})
    })
    try {
      for (let since = performance.now(); !isLeft; ) {
        const { done, value } = await reader.read()
        if (done) break
        if (!this.#native.write(exchange.id, value)) await exchange.drain()
        // What is made and taken at once, by another thread, would leave no room for anything else.
        if (performance.now() - since < LONGEST_TURN_MS) continue
        await new Promise(setImmediate)
        since = performance.now()
      }
      this.#native.end(exchange.id, true)
    } catch {
      this.#native.end(exchange.id, false)
    }
  }

  #end(): void {
    clearInterval(this.#alive)
    this.#native.dispose()
    this.#closed()
    this.#ended?.()
  }
}

/** The answer to a call without a result: most of them go out together, with one crossing and one wake-up. */
class Kept {
  readonly #native: NativeListener
  readonly #answer: Answer
  readonly #number: number
  readonly #ids = new Float64Array(256)
  #count = 0

  constructor(listener: NativeListener, answer: Answer & { body: string }) {
    this.#native = listener
    this.#answer = answer
    this.#number = listener.keep(answer.status, JSON.stringify(answer.headers), answer.body)! // its head is ours, and fit
  }

  is({ status, headers, body }: Answer): boolean {
    return headers === this.#answer.headers && status === this.#answer.status && body === this.#answer.body
  }

  /** Sends it when all that is ready to run has run. */
  send(exchange: ListenedExchange): void {
    if (this.#count === 0) process.nextTick(() => this.#flush())
    this.#ids[this.#count++] = exchange.id
    exchange.answered()
    if (this.#count === this.#ids.length) this.#flush()
  }

  #flush(): void {
    if (this.#count > 0) this.#native.answerKept(this.#number, this.#ids, this.#count)
    this.#count = 0
  }
}

function settingsOf({ tls, maxHeaderBytes, ...given }: ListenOptions): ListenSettings {
  const { host, threads, maxConnections, maxHeaders, maxStreams, headersMs, bodyMs, idleMs } = given
  return {
    host,
    port: given.port ?? 0,
    threads,
    cert: tls?.cert,
    key: tls?.key,
    maxConnections,
    maxHeaderBytes: maxHeaderBytes === undefined ? undefined : String(maxHeaderBytes),
    maxHeaders,
    maxStreams,
    headersMs,
    bodyMs,
    idleMs,
  }
}
