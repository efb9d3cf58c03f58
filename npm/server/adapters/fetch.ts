/** Fetch `Request` → exchange. */

import type { Exchange } from '../exchange.ts'
import { consumed } from './already-read.ts'
import { LONGEST_MS } from './draining.ts'

/** What a Fetch host knows beside the request. */
export interface FetchOptions {
  /** The host's own object for it, which `hostRequest()` gives to actions. Default: the request. */
  host?: unknown
  /** The address of the connection's other end, for `trustProxy`. */
  peer?: string | undefined
}

// The request is used as it is: hosts make theirs lazily, and another one made of it would not know what theirs does.
export function fromRequest(request: Request, { host = request, peer }: FetchOptions = {}): Exchange {
  const { pathname, search } = new URL(request.url)
  return {
    method: request.method,
    url: pathname + search,
    header: (name) =>
      request.headers.get(name) ?? (name === 'host' ? new URL(request.url).host : undefined),
    peer: () => peer,
    body: (limit) => read(request, limit),
    chunks: () => chunks(request),
    bodyIf: (isOurs, limit) => readIf(request, isOurs, limit),
    request: () => request,
    headers: () => request.headers,
    cookie: request.headers.get('cookie') ?? undefined,
    signal: () => request.signal,
    host,
  }
}

async function readIf(
  request: Request,
  isOurs: (bytes: Uint8Array) => boolean,
  limit: number,
): Promise<Uint8Array | AsyncIterable<Uint8Array> | 'other'> {
  if (request.bodyUsed) return 'other' // nobody can tell any more
  // The clone is read, the original stays as it was.
  let whenLeft = cancel // else the original would hold all that the clone reads
  const copy = chunks(request.clone(), (reader) => whenLeft(reader))
  const held: Uint8Array[] = []
  for (let size = 0; ; ) {
    const { done, value } = await copy.next()
    if (value) size += held.push(value) && value.byteLength
    const bytes = Buffer.concat(held)
    if (isOurs(bytes)) {
      void request.body?.cancel().catch(() => {}) // else it would hold what the clone reads
      whenLeft = discard
      return done ? bytes : followed(bytes, copy)
    }
    if (!done && size <= limit) continue
    void copy.return()
    return 'other'
  }
}

/** Unlike a generator it also ends `rest` when nobody has begun to read. */
function followed(first: Uint8Array, rest: AsyncGenerator<Uint8Array, void>): AsyncIterableIterator<Uint8Array> {
  let isFirst = true
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    async next() {
      if (!isFirst) return rest.next()
      isFirst = false
      return { done: false, value: first }
    },
    async return() {
      return rest.return()
    },
  }
}

type Reader = ReadableStreamDefaultReader<Uint8Array>

async function* chunks(request: Request, whenLeft: (reader: Reader) => void = discard): AsyncGenerator<Uint8Array, void> {
  const reader = readerOf(request)
  let isLeft = reader !== undefined
  try {
    for (;;) {
      const next = await reader?.read()
      isLeft &&= !next?.done
      if (!next || next.done) return
      yield next.value
    }
  } finally {
    if (reader && isLeft) whenLeft(reader)
  }
}

async function read(request: Request, limit: number): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = []
  let size = 0
  const reader = readerOf(request)
  for (;;) {
    const next = await reader?.read()
    if (!next || next.done) return Buffer.concat(chunks, size)
    size += next.value.byteLength
    if (size > limit) {
      discard(reader!)
      return null
    }
    chunks.push(next.value)
  }
}

function cancel(reader: Reader): void {
  reader.cancel().catch(() => {})
}

/**
 * Reads and forgets what is left. A body that is cancelled makes a server close the connection, and a sender that is still
 * sending loses the answer.
 */
function discard(reader: Reader): void {
  const timer = setTimeout(() => cancel(reader), LONGEST_MS).unref()
  const rest = async (): Promise<void> => {
    while (!(await reader.read()).done); // bytes that nobody wants
  }
  rest().catch(() => {}).finally(() => clearTimeout(timer))
}

function readerOf(request: Request): Reader | undefined {
  if (request.bodyUsed || request.body?.locked) throw consumed(false)
  return request.body?.getReader()
}
