/** What becomes of a body that was not read, or not to its end, when its request is answered. */

import type { IncomingMessage } from 'node:http'

/** Up to here a body is read and forgotten, and its connection goes on. */
const SHORT_BYTES = 1 << 20

/** As long as a sender may go on sending what nobody wants. */
export const LONGEST_MS = 5_000

/**
 * Reads and forgets what is left of the body. `null` when the connection can go on meanwhile: Node takes the next request
 * when this one has come to its end. Else the connection is to be closed, but only when the promise has settled: a sender
 * that is still sending to a closed connection loses the answer, too.
 */
export function drain(req: IncomingMessage): Promise<void> | null {
  if (req.complete || req.destroyed) return null
  const length = req.headers['content-length']
  const isChunked = req.headers['transfer-encoding'] !== undefined
  if (length === undefined && !isChunked) return null // there is no body
  req.resume()
  if (Number(length ?? Infinity) <= SHORT_BYTES) return null
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      req.off('end', done).off('close', done)
      resolve()
    }
    const timer = setTimeout(done, LONGEST_MS).unref()
    req.once('end', done).once('close', done)
  })
}
