/**
 * Values as the cache keeps them.
 *
 * Most are a skeleton: `program length in text · \n · program · text`, in UTF-8. What is not whole yet, and what has bytes, are
 * Flight rows behind an `r`: they are stored as they come, while whoever computed the value has it already.
 */

import { decodeFlight } from '../client/flight.ts'
import type { CacheParts, NativeCache } from '../native/index.ts'
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
    isKept: true,
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

/** The value in what is stored. */
export function valueIn(stored: Uint8Array | CacheParts): unknown {
  const first = firstOf(stored)
  if (first[0] === ROWS) return decoded(streamOf(first.subarray(1), stored))
  const { buffer, byteOffset, byteLength } = wholeOf(first, stored)
  const all = Buffer.from(buffer, byteOffset, byteLength).toString()
  const end = all.indexOf('\n')
  const start = end + 1 + Number(all.slice(0, end))
  return revive(all.slice(start), all.slice(end + 1, start), { blobs: [], reference: refused })
}

/** What is stored begins with that. */
export function firstOf(stored: Uint8Array | CacheParts): Uint8Array {
  return stored instanceof Uint8Array ? stored : (stored.next() ?? new Uint8Array())
}

/** All of what is stored, of which `first` was read. */
export function wholeOf(first: Uint8Array, stored: Uint8Array | CacheParts): Uint8Array {
  return stored instanceof Uint8Array ? first : Buffer.concat([first, ...partsOf(stored)], stored.length)
}

/** What is left of `first`, and what comes behind it, no faster than it is read. */
export function streamOf(first: Uint8Array, stored: Uint8Array | CacheParts): ReadableStream<Uint8Array> {
  const parts = stored instanceof Uint8Array ? undefined : partsOf(stored)
  return new ReadableStream({
    start: (controller) => controller.enqueue(first),
    pull(controller) {
      const part = parts?.next().value
      if (part) controller.enqueue(part)
      else controller.close()
    },
  })
}

/** Whether the store takes all of it as the value of a fill. */
export async function written(store: NativeCache, fill: number, chunks: AsyncIterable<Uint8Array>): Promise<boolean> {
  for await (const chunk of chunks) if (!(await store.write(fill, chunk))) return false
  return true
}

function* partsOf(stored: CacheParts): Generator<Uint8Array, undefined> {
  for (let part; (part = stored.next()) !== null; ) yield part
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
    const { text, program, blobs } = lower(value, 'result', true)
    return blobs.length > 0 ? undefined : Buffer.from(`${program.length}\n${program}${text}`)
  } catch (error) {
    if ((error as { code?: string }).code === 'errand::unserializable') return undefined
    throw error
  }
}
