/** A request of the native listener → exchange. */

import type { Arrived, ArrivingCall, ListenContent, NativeListener } from '../../native/index.ts'
import { errandError } from '../../request/context.ts'
import type { Exchange } from '../exchange.ts'

/** Lines of a head before its headers: method, url, peer, scheme. */
const FIRST_HEADER = 4

/** What `call.host` is under `handler.listen`. */
export interface ListenedRequest {
  readonly method: string
  /** Path and query. */
  readonly url: string
  /** The address of the connection's other end: the visitor's, or a proxy's. */
  readonly remoteAddress: string
  /** A header by its name in lower case. */
  header(name: string): string | undefined
}

// A class, for each call makes one: an object of closures is several times as much for the garbage collector.
export class ListenedExchange implements Exchange, ListenedRequest {
  readonly id: number
  /** A `ListenedRequest`. */
  readonly host: ListenedRequest = this
  readonly #listener: NativeListener
  /** Those of which something will be told. */
  readonly #awaited: Map<number, ListenedExchange>
  readonly #head: string
  readonly #content: ListenContent
  #lines: string[] | undefined
  #request: Request | undefined
  #gone: AbortController | undefined
  #body: ArrivingBody<any> | undefined
  #isAnswered = false
  #isWatched = false
  #isClosed = false
  #closed: ((isSent: boolean) => void)[] = []
  #drained: (() => void) | undefined

  constructor(
    listener: NativeListener,
    awaited: Map<number, ListenedExchange>,
    id: number,
    head: string,
    content: ListenContent,
  ) {
    this.id = id
    this.#listener = listener
    this.#awaited = awaited
    this.#head = head
    this.#content = content
  }

  get method(): string {
    return this.#head.slice(0, this.#head.indexOf('\n'))
  }

  get url(): string {
    return this.#line(1)
  }

  header(name: string): string | undefined {
    const lines = (this.#lines ??= this.#head.split('\n'))
    for (let at = FIRST_HEADER; at < lines.length; at += 2) {
      if (lines[at] === name) return lines[at + 1]
    }
    return undefined
  }

  get remoteAddress(): string {
    return this.peer()
  }

  get cookie(): string | undefined {
    return this.header('cookie')
  }

  peer(): string {
    return this.#line(2)
  }

  get plain(): string | undefined {
    return typeof this.#content === 'string' ? this.#content : undefined
  }

  async body(limit: number): Promise<Uint8Array | null> {
    const whole = this.#whole()
    if (whole) return whole
    const chunks: Uint8Array[] = []
    let size = 0
    for await (const chunk of this.chunks()) {
      size += chunk.byteLength
      if (size > limit) return null
      chunks.push(chunk)
    }
    return Buffer.concat(chunks, size)
  }

  async *chunks(): AsyncGenerator<Uint8Array, void> {
    const whole = this.#whole()
    if (!whole) return yield* this.#arriving()
    if (whole.byteLength > 0) yield whole
  }

  decoded(call: ArrivingCall): AsyncIterable<Arrived> | undefined {
    if (this.#content !== true) return undefined
    return (this.#body = this.#arrivingBy<Arrived>(() => this.#listener.decode(this.id, call)))
  }

  async bodyIf(
    isOurs: (bytes: Uint8Array) => boolean,
    limit: number,
  ): Promise<Uint8Array | AsyncIterable<Uint8Array> | 'other'> {
    const whole = this.#whole()
    if (whole) return isOurs(whole) ? whole : 'other'
    const body = this.#arriving()
    const chunks: Uint8Array[] = []
    for (let size = 0; ; ) {
      const chunk = await body.next()
      if (chunk) size += chunks.push(chunk) && chunk.byteLength
      const bytes = Buffer.concat(chunks, size)
      const ours = isOurs(bytes)
      if (chunk && !ours && size <= limit) continue
      if (ours && !chunk) return bytes
      if (size > 0) body.putBack(bytes)
      return ours ? body : 'other'
    }
  }

  request(): Request {
    return (this.#request ??= new Request(this.#address(), { headers: this.#headers() }))
  }

  /** With method, body and signal, for a handler that answers it. */
  requestWithBody(): Request {
    const { method } = this
    const hasBody = this.#content !== null && method !== 'GET' && method !== 'HEAD'
    const init: RequestInit & { duplex?: 'half' } = { method, headers: this.#headers(), signal: this.signal() }
    if (hasBody) {
      init.body = this.#stream()
      init.duplex = 'half'
    }
    return new Request(this.#address(), init)
  }

  headers(): Headers {
    return this.request().headers
  }

  signal(): AbortSignal {
    if (!this.#gone) {
      this.#gone = new AbortController()
      if (!this.#isAnswered && !this.watch()) this.closed(false)
    }
    return this.#gone.signal
  }

  /** From now on, {@link closed} is called when the answer is out or nobody waits for it; `false`: that has been. */
  watch(): boolean {
    if (this.#isClosed) return false
    if (this.#isWatched) return true
    this.#awaited.set(this.id, this)
    this.#isWatched = this.#listener.watch(this.id)
    if (!this.#isWatched) this.#awaited.delete(this.id)
    return this.#isWatched
  }

  /** An answer was given: what becomes of it aborts nothing, unless it goes on. */
  answered(): void {
    this.#isAnswered = true
  }

  onClosed(then: (isSent: boolean) => void): void {
    if (this.watch()) this.#closed.push(then)
    else then(false)
  }

  /** Whether the body broke off, or took too long. */
  get isBroken(): boolean {
    return this.#body?.isBroken ?? false
  }

  /** Resolves when there is room again, or nobody any more. */
  drain(): Promise<void> {
    return new Promise((resolve) => (this.#drained = resolve))
  }

  drained(): void {
    this.#drained?.()
    this.#drained = undefined
  }

  closed(isSent: boolean): void {
    this.#isClosed = true
    this.#awaited.delete(this.id)
    if (!isSent) {
      this.#gone?.abort(new DOMException('The visitor is gone', 'AbortError'))
      this.#body?.broken()
    }
    this.drained()
    for (const then of this.#closed.splice(0)) then(isSent)
  }

  /** Bytes, or what they were decoded to. */
  arrived(what: Uint8Array | Arrived, isLast: boolean = what === null): void {
    this.#body?.arrived(what, isLast)
  }

  broken(): void {
    this.#body?.broken()
  }

  #whole(): Uint8Array | undefined {
    const content = this.#content
    if (content === true) return undefined
    return content === null ? new Uint8Array() : typeof content === 'string' ? Buffer.from(content) : content
  }

  #arriving(): ArrivingBody<Uint8Array> {
    return (this.#body ??= this.#arrivingBy<Uint8Array>(() => this.#listener.pull(this.id)))
  }

  #arrivingBy<T>(pull: () => boolean): ArrivingBody<T> {
    const isThere = this.watch()
    const body = new ArrivingBody<T>(pull)
    if (!isThere) body.broken()
    return body
  }

  #stream(): ReadableStream<Uint8Array> {
    const chunks = this.chunks()
    return new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const { done, value } = await chunks.next()
          if (done) controller.close()
          else controller.enqueue(value)
        },
        async cancel() {
          await chunks.return()
        },
      },
      { highWaterMark: 0 },
    )
  }

  #address(): string {
    return `${this.#line(3)}://${this.header('host') ?? 'localhost'}${this.url}`
  }

  #headers(): Headers {
    const headers = new Headers()
    const lines = (this.#lines ??= this.#head.split('\n'))
    for (let at = FIRST_HEADER; at + 1 < lines.length; at += 2) headers.append(lines[at]!, lines[at + 1]!)
    return headers
  }

  #line(at: number): string {
    return (this.#lines ??= this.#head.split('\n'))[at] ?? ''
  }
}

/** A body whose next bytes, or what is made of them, come when they are asked for. */
class ArrivingBody<T> implements AsyncIterable<T> {
  readonly #pull: () => boolean
  #before: T | undefined
  #asked: { resolve(next: T | null): void; reject(error: unknown): void } | undefined
  #isEnded = false
  isBroken = false

  constructor(pull: () => boolean) {
    this.#pull = pull
  }

  /** What comes next; `null` at the end. One asks at a time. */
  next(): Promise<T | null> {
    const before = this.#before
    this.#before = undefined
    if (before !== undefined) return Promise.resolve(before)
    if (this.#isEnded) return Promise.resolve(null)
    return new Promise((resolve, reject) => {
      this.#asked = { resolve, reject }
      if (this.isBroken || !this.#pull()) this.broken()
    })
  }

  /** What to begin with again. */
  putBack(it: T): void {
    this.#before = it
  }

  arrived(next: T | null, isLast: boolean): void {
    if (isLast) this.#isEnded = true
    this.#asked?.resolve(next)
    this.#asked = undefined
  }

  broken(): void {
    if (this.#isEnded) return
    this.isBroken = true
    this.#asked?.reject(errandError('errand::body-interrupted', 'the body broke off'))
    this.#asked = undefined
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void> {
    for (let it; (it = await this.next()) !== null; ) yield it
  }
}
