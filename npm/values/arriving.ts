import { ErrandError } from './error.ts'
import { Revival, revive, type ReviveSource } from './revive.ts'

/** A part of a body: its name, and text or a file. */
export type Part = readonly [name: string, value: string | Blob]

/** The decoder in Rust, as far as it is needed here. */
export interface PartDecoder {
  text(name: string, value: string): void
  file(name: string, fileName: string | undefined, mediaType: string, bytes: number): number
  end(): void
  decode(): { text: string; program: string; references: string[]; views: number[]; isOpen: boolean } | null
}

/** What a decoder hands over at one time: the arguments, or more of what is in them. */
export interface ArrivedPiece {
  text: string
  program: string
  /** Ids of functions that were not there before. */
  references: string[]
  isOpen: boolean
  /** Files that are numbered for the first time. */
  files: (readonly [index: number, file: Uint8Array | Blob])[]
}

export interface ArrivingSource {
  /** As {@link ReviveSource.reference}. */
  reference: ReviveSource['reference']
  /** Loads the functions of server references before {@link reference} is asked for them. */
  load?(ids: string[]): Promise<void>
  /** When it aborts, nothing more is read: what is open fails with its reason. */
  signal?: AbortSignal | undefined
}

/**
 * Builds the arguments of a call while they arrive: the promise settles when all that belongs to them is there. Promises
 * and streams among them go on afterwards, until they have ended or the pieces have.
 *
 * @throws (rejects) what `pieces` throw before that. What they throw later is what the promises and streams fail with.
 */
export function reviveArriving(pieces: AsyncIterable<ArrivedPiece>, source: ArrivingSource): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const blobs: (Uint8Array | Blob)[] = []
    const revival = new Revival({ blobs, reference: source.reference })
    const arrival = new Arrival(pieces, source.signal)

    const run = async (): Promise<void> => {
      for (let piece = await arrival.next(); piece; piece = await arrival.next()) {
        for (const [index, file] of piece.files) blobs[index] = file
        if (piece.references.length > 0) await source.load?.(piece.references)
        resolve(revival.add(piece.text, piece.program, piece.isOpen))
        if (!piece.isOpen) return
      }
    }
    const finish = (error?: unknown): void => {
      reject(error) // unless the arguments are there
      revival.end(error)
      arrival.stop()
    }
    run().then(finish, finish)
  })
}

/** Builds the arguments of a call whose parts are all there. Only the files that are views of bytes are read. */
export async function reviveWhole(
  parts: Iterable<Part>,
  decoder: PartDecoder,
  source: Pick<ArrivingSource, 'reference'>,
): Promise<unknown> {
  const blobs: (Uint8Array | Blob)[] = []
  for (const [name, value] of parts) {
    if (typeof value === 'string') {
      decoder.text(name, value)
    } else {
      const fileName = value instanceof File ? value.name : undefined
      blobs[decoder.file(name, fileName, value.type, value.size)] = value
    }
  }
  decoder.end()
  const { text, program, views } = decoder.decode()! // it has ended, so all is there
  for (const view of views) blobs[view] = new Uint8Array(await (blobs[view] as Blob).arrayBuffer())
  return revive(text, program, { blobs, reference: source.reference })
}

/** What `decoder` makes of parts. */
export async function* piecesOf(parts: AsyncIterable<Part>, decoder: PartDecoder): AsyncGenerator<ArrivedPiece, void> {
  const files: ArrivedPiece['files'] = []
  const piece = (): ArrivedPiece[] => {
    const decoded = decoder.decode()
    return decoded ? [{ ...decoded, files: files.splice(0) }] : []
  }
  for await (const [name, value] of unbroken(parts)) {
    if (typeof value === 'string') {
      decoder.text(name, value)
    } else {
      const bytes = new Uint8Array(await value.arrayBuffer())
      const fileName = value instanceof File ? value.name : undefined
      files.push([decoder.file(name, fileName, value.type, bytes.length), bytes])
    }
    yield* piece()
  }
  decoder.end()
  yield* piece()
}

/** The same, but breaking off is `errand::reply-incomplete` with the `cause`. */
export async function* unbroken<T>(source: AsyncIterable<T>): AsyncGenerator<T, void> {
  try {
    yield* source
  } catch (cause) {
    throw new ErrandError('errand::reply-incomplete', 'The call broke off', { cause })
  }
}

/** Pieces to be asked for, until somebody stops it. */
class Arrival {
  readonly #pieces: AsyncIterator<ArrivedPiece>
  readonly #aborted: Promise<never>
  readonly #unlisten: () => void

  constructor(pieces: AsyncIterable<ArrivedPiece>, signal: AbortSignal | undefined) {
    this.#pieces = pieces[Symbol.asyncIterator]()
    let abort!: () => void
    this.#aborted = new Promise((_, reject) => (abort = () => reject(signal?.reason)))
    this.#aborted.catch(() => {})
    if (signal?.aborted) abort()
    else signal?.addEventListener('abort', abort)
    this.#unlisten = () => signal?.removeEventListener('abort', abort)
  }

  async next(): Promise<ArrivedPiece | undefined> {
    const arrived = this.#pieces.next()
    arrived.catch(() => {}) // it may lose the race
    const { done, value } = await Promise.race([arrived, this.#aborted])
    return done ? undefined : value
  }

  /** Whoever gives the pieces may be in the middle of one: that it can't stop is not our error. */
  stop(): void {
    this.#unlisten()
    this.#pieces.return?.().catch(() => {})
  }
}
