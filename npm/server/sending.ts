/** Results on their way out: rows at once, or as a stream for what says something later. */

import { type ErrorRow, type FlightEncoder, native, type Rows } from '../native/index.ts'
import { type ErrorFacts, type Live, type LoweredResult, ResultLowering } from '../values/index.ts'

export interface SendOptions {
  /** Whether `value` is what a call returned; else it is the root itself. */
  isCall: boolean
  /** Whether it is kept for later, so that what only one client has means nothing. */
  isKept?: boolean
  /** What may be known of an error that is part of the result. */
  describe(error: Error): ErrorFacts
  /** What may be known of why a promise or a stream failed. */
  failure(error: unknown): ErrorRow
}

/**
 * The rows of `value`: at once where all of it is there, else as a stream.
 *
 * Promises, streams and iterables are listened to as fast as the stream is read; when it is cancelled, so are they.
 *
 * @throws ErrandError `errand::unserializable`
 */
export function sendRows(value: unknown, options: SendOptions): string | Uint8Array | ReadableStream<Uint8Array> {
  const lowering = new ResultLowering(options.describe, options.isKept)
  const result = lowering.value(value)
  const { text, program, blobs, live } = result
  if (live.length > 0) return new Sending(lowering, options).stream(result)
  const sizes = blobs.map(sizeOf)
  const rows = options.isCall
    ? native.encodeCall(text, program, sizes)
    : new native.FlightEncoder(false).start(text, program, sizes)
  if (blobs.length === 0) return rows as string | Uint8Array
  return streamOf(chunksOf(assemble(rows, blobs)))
}

/** Bytes that wait to be sent before whoever makes more of them has to wait. */
const MUCH = 64 << 10

/** One answer that goes on. */
class Sending {
  readonly #lowering: ResultLowering
  readonly #options: SendOptions
  readonly #encoder: FlightEncoder
  #open = 0
  readonly #queue: Piece[] = []
  #queued = 0
  /** Those who wait for the queue to get shorter, and the reader that waits for it to get longer. */
  #writers: (() => void)[] = []
  #reader: (() => void) | undefined
  /** Ends what is open, when nobody reads any more. */
  readonly #stops = new Set<(reason: unknown) => void>()
  #isCancelled = false

  constructor(lowering: ResultLowering, options: SendOptions) {
    this.#lowering = lowering
    this.#options = options
    this.#encoder = new native.FlightEncoder(options.isCall)
  }

  stream(result: LoweredResult): ReadableStream<Uint8Array> {
    this.#write(result, (text, program, sizes) => this.#encoder.start(text, program, sizes))
    return streamOf(this.#read(), (reason) => this.#cancel(reason))
  }

  async *#read(): AsyncGenerator<Uint8Array, void> {
    for (;;) {
      yield* chunksOf(this.#queue.splice(0))
      this.#queued = this.#queue.reduce((bytes, piece) => bytes + sizeOf(piece), 0)
      for (const goOn of this.#writers.splice(0)) goOn()
      if (this.#queue.length > 0) continue
      if (this.#open === 0) return
      await new Promise<void>((resolve) => (this.#reader = resolve))
    }
  }

  #cancel(reason: unknown): void {
    this.#isCancelled = true
    for (const stop of this.#stops) stop(reason)
    for (const goOn of this.#writers.splice(0)) goOn()
  }

  #write({ text, program, blobs, live }: LoweredResult, encode: (text: string, program: string, sizes: number[]) => Rows): void {
    this.#push(encode(text, program, blobs.map(sizeOf)), blobs)
    for (const it of live) this.#listen(it)
  }

  #push(rows: Rows, blobs: (Blob | Uint8Array)[] = []): void {
    if (this.#isCancelled) return
    for (const piece of assemble(rows, blobs)) {
      this.#queue.push(piece)
      this.#queued += sizeOf(piece)
    }
    this.#reader?.()
    this.#reader = undefined
  }

  #listen(live: Live): void {
    this.#open++
    const { node } = live
    const said = live.kind === '@' ? this.#await(node, live.value) : this.#iterate(node, live)
    const failed = (error: unknown): void => {
      if (!this.#isCancelled) this.#push(this.#encoder.fail(node, this.#options.failure(error)))
    }
    void said.catch(failed).finally(() => {
      this.#open--
      this.#reader?.()
    })
  }

  async #await(node: number, promise: PromiseLike<unknown>): Promise<void> {
    const value = await promise
    if (this.#isCancelled) return
    this.#write(this.#lowering.value(value), (text, program, sizes) => this.#encoder.end(node, text, program, sizes))
  }

  async #iterate(node: number, { kind, value }: Exclude<Live, { kind: '@' }>): Promise<void> {
    const encoder = this.#encoder
    const source = kind === 'R' || kind === 'r' ? readerOf(value) : iteratorOf(value)
    this.#stops.add(source.stop)
    try {
      for (;;) {
        if (this.#queued > MUCH) await new Promise<void>((resolve) => this.#writers.push(resolve))
        if (this.#isCancelled) return
        const { done, value: item } = await source.next()
        if (this.#isCancelled) return
        if (kind === 'r' && !done) {
          const bytes = item as Uint8Array
          this.#push(encoder.bytes(node, bytes.length), [bytes])
        } else if (!done) {
          this.#write(this.#lowering.item(item), (text, program, sizes) => encoder.item(node, text, program, sizes))
        } else {
          if (item === undefined) this.#push(encoder.close(node))
          else this.#write(this.#lowering.item(item), (text, program, sizes) => encoder.end(node, text, program, sizes))
          return
        }
      }
    } catch (error) {
      // An item that can't be sent: the source is to know that it may stop.
      source.stop(error)
      throw error
    } finally {
      this.#stops.delete(source.stop)
    }
  }
}

interface Source {
  next(): Promise<IteratorResult<unknown, unknown>>
  stop(reason: unknown): void
}

function readerOf(stream: ReadableStream<unknown>): Source {
  const reader = stream.getReader()
  return {
    next: () => reader.read() as Promise<IteratorResult<unknown, unknown>>,
    stop: (reason) => void reader.cancel(reason).catch(() => {}),
  }
}

function iteratorOf(iterable: AsyncIterable<unknown>): Source {
  const iterator = iterable[Symbol.asyncIterator]()
  return {
    next: async () => iterator.next(),
    // It is the user's code, and nobody is left who could be told.
    stop: () => void (async () => iterator.return?.())().catch(() => {}),
  }
}

type Piece = Uint8Array | Blob

const utf8 = new TextEncoder()

/** Rows with the bytes in their holes. */
function assemble(rows: Rows, blobs: Piece[]): Piece[] {
  if (typeof rows === 'string') return [utf8.encode(rows)]
  if (rows instanceof Uint8Array) return [rows]
  const { bytes, holes } = rows
  const pieces: Piece[] = []
  let from = 0
  for (let at = 0; at < holes.length; at += 2) {
    const [to, blob] = [holes[at]!, holes[at + 1]!]
    if (to > from) pieces.push(bytes.subarray(from, to))
    pieces.push(blobs[blob]!)
    from = to
  }
  if (from < bytes.length) pieces.push(bytes.subarray(from))
  return pieces
}

/**
 * The bytes of pieces, small ones together. Whoever gets a chunk may keep its buffer, or transfer it: none is a part of
 * another.
 */
async function* chunksOf(pieces: Piece[]): AsyncGenerator<Uint8Array, void> {
  let small: Uint8Array[] = []
  let size = 0
  for (const piece of [...pieces, null]) {
    const isSmall = piece instanceof Uint8Array && piece.byteLength < MUCH
    if (isSmall) size += small.push(piece) && piece.byteLength
    if (size > 0 && (!isSmall || size >= MUCH)) {
      yield joined(small, size)
      small = []
      size = 0
    }
    if (piece instanceof Blob) yield* bytesOf(piece)
    else if (piece && !isSmall) yield isWhole(piece) ? piece : piece.slice()
  }
}

function joined(pieces: Uint8Array[], size: number): Uint8Array {
  if (pieces.length === 1 && isWhole(pieces[0]!)) return pieces[0]!
  const whole = new Uint8Array(size)
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.byteLength
  }
  return whole
}

function isWhole({ byteLength, buffer }: Uint8Array): boolean {
  return byteLength === buffer.byteLength
}

/** @throws when it has not as many bytes as it said: its row is counted, so nothing can follow it. */
async function* bytesOf(blob: Blob): AsyncGenerator<Uint8Array, void> {
  const reader = blob.stream().getReader()
  let left = blob.size
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      left -= value.byteLength
      yield value
    }
  } finally {
    reader.cancel().catch(() => {})
  }
  if (left !== 0) throw new Error('a file changed while it was sent')
}

function sizeOf(piece: Piece): number {
  return piece instanceof Blob ? piece.size : piece.byteLength
}

/** `stop` is told when nobody reads any more, and when `chunks` throws. */
function streamOf(chunks: AsyncGenerator<Uint8Array, void>, stop?: (reason: unknown) => void): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await chunks.next()
          if (done) controller.close()
          else controller.enqueue(value)
        } catch (error) {
          stop?.(error)
          throw error
        }
      },
      cancel(reason) {
        stop?.(reason)
        void chunks.return()
      },
    },
    { highWaterMark: 0 },
  )
}
