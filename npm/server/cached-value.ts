/**
 * Values as the cache keeps them.
 *
 * Most are a skeleton: `program length in text · \n · program · text`, in UTF-8. What is not whole yet, and what has bytes, are
 * Flight rows behind an `r`: they are stored as they come, while whoever computed the value has it already.
 */

import { decodeFlight } from '../client/flight.ts'
import { errandError } from '../request/context.ts'
import { lower, revive } from '../values/index.ts'
import { sendRows } from './sending.ts'

/** What begins with another byte is a skeleton. */
const ROWS = 'r'.charCodeAt(0)

/** A value in bytes; what comes as a stream is read while somebody has `value`, and fails where something in it does. */
export interface Kept {
  value: unknown
  bytes: Uint8Array | ReadableStream<Uint8Array>
}

/** @throws `errand::unserializable` */
export async function keep(value: unknown): Promise<Kept> {
  const plain = skeletonOf(value)
  if (plain) return { value, bytes: plain }
  let broken: { reason: unknown } | undefined
  const rows = sendRows(value, {
    isCall: false,
    describe: ({ name, message }) => ({ name, message, digest: '' }),
    failure(reason) {
      broken ??= { reason }
      const { name, message } = reason instanceof Error ? reason : new Error(String(reason))
      return { name, message, digest: '', code: null, data: null }
    },
  })
  if (!(rows instanceof ReadableStream)) return { value, bytes: Buffer.concat([Uint8Array.of(ROWS), Buffer.from(rows as string)]) }
  const [own, stored] = rows.tee()
  const bytes = stored.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      start: (controller) => controller.enqueue(Uint8Array.of(ROWS)),
      flush() {
        if (broken) throw broken.reason
      },
    }),
  )
  return { value: await decoded(own), bytes }
}

/** The value in `bytes`. */
export function valueIn(bytes: Uint8Array): unknown {
  if (bytes[0] === ROWS) return decoded(new Response(bytes.subarray(1) as BodyInit).body!)
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
  const end = all.indexOf('\n')
  const start = end + 1 + Number(all.slice(0, end))
  return revive(all.slice(start), all.slice(end + 1, start), { blobs: [], reference: refused })
}

function decoded(rows: ReadableStream<Uint8Array>): Promise<unknown> {
  return decodeFlight(rows, { reference: refused })
}

function refused(): never {
  throw errandError('errand::unserializable', 'a server reference can not come from the cache')
}

/** `undefined`: the value takes rows. */
function skeletonOf(value: unknown): Uint8Array | undefined {
  try {
    const { text, program, blobs } = lower(value)
    return blobs.length > 0 ? undefined : Buffer.from(`${program.length}\n${program}${text}`)
  } catch (error) {
    if ((error as { code?: string }).code === 'errand::unserializable') return undefined
    throw error
  }
}
