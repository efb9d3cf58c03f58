/** A `node:http` body that is read ahead: what came while the chunk before was worked on comes as one. */

import type { IncomingMessage } from 'node:http'

/** Bytes that wait at most, but for what came last. */
const MOST = 512 << 10

/**
 * The body from here on. Whoever hands chunks to another thread pays for each, whatever its size: a socket gives 64 KB at a
 * time. Whoever stops early leaves the rest unread, and the stream as it is: an answer may still be sent.
 */
export async function* readAhead(req: IncomingMessage): AsyncGenerator<Uint8Array[], void> {
  let waiting: Buffer[] = []
  let size = 0
  let wake = (): void => {}
  let end: { error?: unknown } | undefined
  const onData = (chunk: Buffer): void => {
    waiting.push(chunk)
    size += chunk.length
    if (size >= MOST) req.pause()
    wake()
  }
  const onEnd = (): void => {
    end ??= {}
    wake()
  }
  const onError = (error: unknown): void => {
    end ??= { error }
    wake()
  }
  // Of a connection that breaks, some versions of Node say so here only.
  const onClose = (): void => onError(new Error('the connection closed'))
  req.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose)
  let isAsked = true
  try {
    for (;;) {
      while (size > 0) {
        const chunk = waiting
        ;[waiting, size] = [[], 0]
        req.resume()
        isAsked = false
        yield chunk
        isAsked = true
      }
      if (end) {
        if ('error' in end) throw end.error
        return
      }
      await new Promise<void>((resolve) => (wake = resolve))
    }
  } finally {
    req.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose)
    // One that was told to stop while it waited goes on when more comes: by then somebody else may let the rest pass.
    if (!isAsked) req.pause()
  }
}
