/** Fetch `Request` → exchange. */

import type { Exchange } from '../exchange.ts'
import { consumed } from './already-read.ts'

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
  const copy = chunks(request.clone())
  const held: Uint8Array[] = []
  for (let size = 0; ; ) {
    const { done, value } = await copy.next()
    if (value) size += held.push(value) && value.byteLength
    const bytes = Buffer.concat(held)
    if (isOurs(bytes)) {
      void request.body?.cancel().catch(() => {}) // else it would hold what the clone reads
      return done ? bytes : followed(bytes, copy)
    }
    if (!done && size <= limit) continue
    void copy.return()
    return 'other'
  }
}

async function* followed(first: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  yield first
  yield* rest
}

async function* chunks(request: Request): AsyncGenerator<Uint8Array, void> {
  const reader = readerOf(request)
  try {
    for (;;) {
      const next = await reader?.read()
      if (!next || next.done) return
      yield next.value
    }
  } finally {
    reader?.cancel().catch(() => {})
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
      await reader?.cancel()
      return null
    }
    chunks.push(next.value)
  }
}

function readerOf(request: Request): ReadableStreamDefaultReader<Uint8Array> | undefined {
  if (request.bodyUsed || request.body?.locked) throw consumed(false)
  return request.body?.getReader()
}
