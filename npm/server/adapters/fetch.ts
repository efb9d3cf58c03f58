/** Fetch `Request` → exchange. */

import type { Exchange } from '../exchange.ts'

export function fromRequest(request: Request): Exchange {
  const { pathname, search } = new URL(request.url)
  return {
    method: request.method,
    url: pathname + search,
    header: (name) =>
      request.headers.get(name) ?? (name === 'host' ? new URL(request.url).host : undefined),
    body: (limit) => read(request, limit),
    chunks: () => chunks(request),
    async bodyIf(isOurs, limit) {
      // The clone is read, the original stays as it was.
      const bytes = await read(request.clone(), limit)
      if (bytes && !isOurs(bytes)) return 'other'
      return bytes
    },
    request: () => request,
    host: request,
  }
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
