/** Fetch `Request` → exchange. */

import type { Exchange } from '../exchange.ts'

export function fromRequest(request: Request): Exchange {
  const { pathname, search } = new URL(request.url)
  return {
    method: request.method,
    url: pathname + search,
    header: (name) =>
      request.headers.get(name) ?? (name === 'host' ? new URL(request.url).host : undefined),
    peer: () => undefined,
    body: (limit) => read(request, limit),
    chunks: () => chunks(request),
    bodyIf: (isOurs, limit) => readIf(request, isOurs, limit),
    request: () => request,
    headers: () => request.headers,
    cookie: request.headers.get('cookie') ?? undefined,
    signal: () => request.signal,
    host: request,
  }
}

async function readIf(
  request: Request,
  isOurs: (bytes: Uint8Array) => boolean,
  limit: number,
): Promise<Uint8Array | AsyncIterable<Uint8Array> | 'other'> {
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
  const reader = request.body?.getReader()
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
  const reader = request.body?.getReader()
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
