/** `node:http` (and Express, Connect) → exchange, and an answer back. */

import type { IncomingMessage, ServerResponse } from 'node:http'

import { errandError } from '../../request/context.ts'
import type { Answer, Exchange } from '../exchange.ts'

/** What middleware adds: Express keeps the whole URL when it strips a mount, parsers leave a body. */
export type NodeRequest = IncomingMessage & { originalUrl?: string; body?: unknown }

export function fromNode(req: NodeRequest, res: ServerResponse): Exchange {
  return new NodeExchange(req, res)
}

// A class, for each call makes one: an object of closures is several times as much for the garbage collector.
class NodeExchange implements Exchange {
  readonly method: string
  readonly url: string
  readonly host: NodeRequest
  readonly #res: ServerResponse
  #request: Request | undefined
  #signal: AbortSignal | undefined

  constructor(req: NodeRequest, res: ServerResponse) {
    this.method = req.method ?? 'GET'
    this.url = req.originalUrl ?? req.url ?? '/'
    this.host = req
    this.#res = res
  }

  header(name: string): string | undefined {
    const value = this.host.headers[name]
    return Array.isArray(value) ? value.join(', ') : value
  }

  get cookie(): string | undefined {
    return this.host.headers.cookie
  }

  peer(): string | undefined {
    return this.host.socket.remoteAddress
  }

  body(limit: number): Promise<Uint8Array | null> {
    return parsed(this.host) ?? read(this.host, limit)
  }

  chunks(): AsyncIterable<Uint8Array> {
    return chunks(this.host)
  }

  bodyIf(
    isOurs: (bytes: Uint8Array) => boolean,
    limit: number,
  ): Promise<Uint8Array | AsyncIterable<Uint8Array> | 'other'> {
    return readIf(this.host, isOurs, limit)
  }

  request(): Request {
    return (this.#request ??= toRequest(this.host, this.url))
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

/** A body that a parser before us has read already. */
function parsed(req: NodeRequest): Promise<Uint8Array> | undefined {
  if (!req.readableEnded && !req.readableDidRead) return undefined
  if (typeof req.body === 'string') return Promise.resolve(Buffer.from(req.body))
  if (req.body instanceof Uint8Array) return Promise.resolve(req.body)
  throw errandError(
    'errand::body-consumed',
    'a body parser read the call before Errand did: mount `handler.node` before it, or let it leave ' +
      'text/plain and multipart/form-data alone',
  )
}

async function* chunks(req: NodeRequest): AsyncGenerator<Uint8Array, void> {
  const whole = parsed(req)
  if (whole) yield await whole
  else yield* rest(req)
}

async function* followed(first: Uint8Array, req: NodeRequest): AsyncGenerator<Uint8Array, void> {
  yield first
  yield* rest(req)
}

/** Whoever stops early still has to answer, so the stream stays. */
function rest(req: NodeRequest): AsyncIterable<Buffer> {
  return req.iterator({ destroyOnReturn: false })
}

function read(req: IncomingMessage, limit: number): Promise<Uint8Array | null> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const done = (result: Uint8Array | null): void => {
      req.off('data', onData).off('end', onEnd).off('error', fail).off('aborted', onAborted)
      resolve(result)
    }
    const onData = (chunk: Buffer): void => {
      size += chunk.length
      if (size > limit) {
        req.pause()
        return done(null)
      }
      chunks.push(chunk)
    }
    const onEnd = (): void => done(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size))
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
): Promise<Uint8Array | AsyncIterable<Uint8Array> | 'other'> {
  const length = Number(req.headers['content-length'])
  if (!Number.isSafeInteger(length) || req.readableEnded || req.readableDidRead) return Promise.resolve('other')
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

/** Sends `answer`. A body that was not read whole ends the connection once the answer is out. */
export function sendToNode(answer: Answer, req: IncomingMessage, res: ServerResponse): void | Promise<void> {
  const { body } = answer
  const headers = [...answer.headers]
  const unread = !req.complete && req.method === 'POST'
  if (unread) headers.push('connection', 'close')
  if (!(body instanceof ReadableStream)) headers.push('content-length', String(lengthOf(body)))
  // A flat list is Node's fast path; it would overwrite repeated names where middleware has set headers.
  if (res.getHeaderNames().length === 0) res.writeHead(answer.status, headers)
  else mergeHead(res, answer.status, headers)

  if (unread) discardRest(req)
  if (body instanceof ReadableStream) return pipe(body, res)
  res.end(req.method === 'HEAD' ? undefined : (body ?? undefined))
}

function lengthOf(body: string | Uint8Array | null): number {
  return body === null ? 0 : Buffer.byteLength(body)
}

function mergeHead(res: ServerResponse, status: number, headers: string[]): void {
  res.statusCode = status
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const [name, value] = [headers[at]!, headers[at + 1]!]
    if (name === 'set-cookie') res.appendHeader(name, value)
    else res.setHeader(name, value)
  }
}

/** Node closes the connection after the answer; until then the sender may still be sending. */
function discardRest(req: IncomingMessage): void {
  const LONGEST_MS = 5_000
  const timer = setTimeout(() => req.destroy(), LONGEST_MS).unref()
  req.once('close', () => clearTimeout(timer)).resume()
}

async function pipe(body: ReadableStream<Uint8Array>, res: ServerResponse): Promise<void> {
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
      if (!res.write(value)) {
        await Promise.race([new Promise<void>((resolve) => res.once('drain', resolve)), gone])
      }
    }
    res.end()
  } catch (error) {
    res.destroy(error instanceof Error ? error : undefined)
  } finally {
    stop()
  }
}
