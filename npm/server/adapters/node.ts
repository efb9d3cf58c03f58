/** `node:http` (and Express, Connect) → exchange, and an answer back. */

import type { IncomingMessage, ServerResponse } from 'node:http'

import { errandError } from '../../request/context.ts'
import type { Answer, Chunk, Exchange } from '../exchange.ts'
import { readAhead } from './ahead.ts'
import { alreadyRead, consumed } from './already-read.ts'
import { drain } from './draining.ts'
import { varyOf } from './merging.ts'

/** What middleware adds: Express keeps the whole URL when it strips a mount, parsers leave a body. */
export type NodeRequest = IncomingMessage & { originalUrl?: string; body?: unknown; rawBody?: unknown }

/** What a framework around `node:http` says of a request. */
export interface Framing {
  /** The framework's own object for it. */
  host: unknown
  /** As the visitor asked for it. */
  url: string
  /** What the framework's parsers made of the body. */
  parsed?: unknown
}

export function fromNode(req: NodeRequest, res: ServerResponse, framing?: Framing): Exchange {
  const exchange = new NodeExchange(req, res, framing)
  return req.readableDidRead ? alreadyRead(exchange, req.rawBody ?? framing?.parsed ?? req.body) : exchange
}

// A class, for each call makes one: an object of closures is several times as much for the garbage collector.
class NodeExchange implements Exchange {
  readonly method: string
  readonly url: string
  readonly host: unknown
  readonly #req: NodeRequest
  readonly #res: ServerResponse
  #request: Request | undefined
  #signal: AbortSignal | undefined

  constructor(req: NodeRequest, res: ServerResponse, framing: Framing | undefined) {
    this.method = req.method ?? 'GET'
    this.url = framing?.url ?? req.originalUrl ?? req.url ?? '/'
    this.host = framing?.host ?? req
    this.#req = req
    this.#res = res
  }

  header(name: string): string | undefined {
    const value = this.#req.headers[name]
    return Array.isArray(value) ? value.join(', ') : value
  }

  get cookie(): string | undefined {
    return this.#req.headers.cookie
  }

  peer(): string | undefined {
    return this.#req.socket.remoteAddress
  }

  body(limit: number): Promise<Uint8Array | null> {
    return read(this.#req, limit)
  }

  chunks(): AsyncIterable<Chunk> {
    return rest(this.#req)
  }

  bodyIf(
    isOurs: (bytes: Uint8Array) => boolean,
    limit: number,
  ): Promise<Uint8Array | AsyncIterable<Chunk> | 'other'> {
    return readIf(this.#req, isOurs, limit)
  }

  request(): Request {
    return (this.#request ??= toRequest(this.#req, this.url))
  }

  headers(): Headers {
    return this.request().headers
  }

  signal(): AbortSignal {
    return (this.#signal ??= goneSignal(this.#res))
  }
}

/** Aborts when the connection closes before the answer was sent whole. */
function goneSignal(res: ServerResponse): AbortSignal {
  const gone = new AbortController()
  const check = (): void => {
    if (!res.writableFinished) gone.abort(new DOMException('The visitor is gone', 'AbortError'))
  }
  if (res.closed || res.destroyed) check()
  else res.once('close', check)
  return gone.signal
}

async function* followed(first: Uint8Array, req: NodeRequest): AsyncGenerator<Chunk, void> {
  yield first
  yield* readAhead(req)
}

function rest(req: NodeRequest): AsyncIterable<Chunk> {
  mustBeUnread(req)
  return readAhead(req)
}

/** Somebody may have read it meanwhile: then `end` has come, or will come without us. */
function mustBeUnread(req: NodeRequest): void {
  if (req.readableDidRead) throw consumed(false)
}

function read(req: IncomingMessage, limit: number): Promise<Uint8Array | null> {
  mustBeUnread(req)
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const onData = (chunk: Buffer): void => {
      size += chunk.length
      if (size > limit) {
        req.off('data', onData).off('end', onEnd).off('error', fail).off('aborted', onAborted).pause()
        return resolve(null)
      }
      chunks.push(chunk)
    }
    // Nothing comes after the end: to take all of them off again would only cost.
    const onEnd = (): void => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size))
    const fail = (cause: unknown): void =>
      reject(Object.assign(errandError('errand::body-interrupted', 'the body broke off'), { cause }))
    const onAborted = (): void => fail(undefined)
    req.on('data', onData).on('end', onEnd).on('error', fail).on('aborted', onAborted)
  })
}

/**
 * Reads a form's body; what turns out not to be ours is put back, so that the next handler finds it whole.
 *
 * That must happen before the stream has said `end`, so the last byte has to be known: a body without a declared
 * length is no browser's form and is left alone.
 */
function readIf(
  req: NodeRequest,
  isOurs: (bytes: Uint8Array) => boolean,
  limit: number,
): Promise<Uint8Array | AsyncIterable<Chunk> | 'other'> {
  const length = Number(req.headers['content-length'])
  if (!Number.isSafeInteger(length) || req.readableDidRead) return Promise.resolve('other')
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const stop = (): void => {
      req.off('readable', onReadable).off('error', fail).off('aborted', onAborted)
    }
    const onReadable = (): void => {
      for (let chunk: Buffer | null; (chunk = req.read() as Buffer | null) !== null; ) {
        chunks.push(chunk)
        size += chunk.length
      }
      const isComplete = size >= length
      const bytes = Buffer.concat(chunks, size)
      if (isOurs(bytes)) {
        stop()
        if (!isComplete) return resolve(followed(bytes, req))
        req.resume() // lets `end` come
        return resolve(bytes)
      }
      if (!isComplete && size <= limit) return
      stop()
      if (size > 0) req.unshift(bytes)
      resolve('other')
    }
    const fail = (cause: unknown): void => {
      stop()
      reject(Object.assign(errandError('errand::body-interrupted', 'the body broke off'), { cause }))
    }
    const onAborted = (): void => fail(undefined)
    req.on('readable', onReadable).on('error', fail).on('aborted', onAborted)
  })
}

function toRequest(req: IncomingMessage, url: string): Request {
  const headers = new Headers()
  for (let at = 0; at + 1 < req.rawHeaders.length; at += 2) {
    headers.append(req.rawHeaders[at]!, req.rawHeaders[at + 1]!)
  }
  const scheme = 'encrypted' in req.socket ? 'https' : 'http'
  const own = `${scheme}://${req.headers.host ?? 'localhost'}`
  // Put together, not resolved: a path that begins with two slashes would name a host.
  return new Request(url.startsWith('/') ? `${own}${url}` : new URL(url, own), { headers })
}

/** Sends `answer`, and lets the rest of the request's body come. */
export function sendToNode(answer: Answer, req: IncomingMessage, res: ServerResponse): void | Promise<void> {
  const { body } = answer
  const headers = [...answer.headers]
  const drained = drain(req)
  if (drained) headers.push('connection', 'close')
  if (!(body instanceof ReadableStream)) headers.push('content-length', String(lengthOf(body)))
  // A flat list is Node's fast path; it would overwrite repeated names where middleware has set headers.
  if (res.getHeaderNames().length === 0) res.writeHead(answer.status, headers)
  else mergeHead(res, answer.status, headers)

  if (body instanceof ReadableStream) return pipe(body, res, drained)
  const sent = req.method === 'HEAD' ? undefined : (body ?? undefined)
  if (!drained) return void res.end(sent)
  if (sent !== undefined) res.write(sent)
  return drained.then(() => void res.end())
}

export function lengthOf(body: string | Uint8Array | null): number {
  return body === null ? 0 : Buffer.byteLength(body)
}

function mergeHead(res: ServerResponse, status: number, headers: string[]): void {
  res.statusCode = status
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const [name, value] = [headers[at]!, headers[at + 1]!]
    if (name === 'set-cookie') res.appendHeader(name, value)
    else res.setHeader(name, name === 'vary' ? varyOf(res.getHeader(name), value) : value)
  }
}

/** A middleware that compresses keeps what is written until it is told that somebody waits for it. */
function flush(res: ServerResponse & { flush?: () => void }): void {
  if (Object.hasOwn(res, 'flush')) res.flush?.() // Node's own is another, and deprecated
}

async function pipe(body: ReadableStream<Uint8Array>, res: ServerResponse, drained: Promise<void> | null): Promise<void> {
  const reader = body.getReader()
  let leave!: () => void
  const gone = new Promise<void>((resolve) => (leave = resolve))
  const stop = (): void => {
    leave()
    reader.cancel().catch(() => {})
  }
  if (res.closed) stop() // the visitor left while the action ran
  else res.once('close', stop)
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done || res.destroyed) break
      const isTaken = res.write(value)
      flush(res)
      if (!isTaken) await Promise.race([new Promise<void>((resolve) => res.once('drain', resolve)), gone])
    }
    await drained
    res.end()
  } catch (error) {
    res.destroy(error instanceof Error ? error : undefined)
  } finally {
    stop()
  }
}
