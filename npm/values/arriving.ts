import { ErrandError } from './error.ts'
import { Revival, type ReviveSource } from './revive.ts'

/** A part of a body: its name, and text or a file. */
export type Part = readonly [name: string, value: string | Blob]

/** The decoder in Rust, as far as it is needed here. */
export interface PartDecoder {
  text(name: string, value: string): void
  file(name: string, fileName: string | undefined, mediaType: string, bytes: number): number
  end(): void
  decode(): { text: string; program: string; references: string[]; isOpen: boolean } | null
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
 * Builds the arguments of a call while its parts arrive: the promise settles when all that belongs to them is there.
 * Promises and streams among them go on afterwards, until they have ended or the parts have.
 *
 * @throws (rejects) what `decoder` or `parts` throw before that. What they throw later is what the promises and streams
 * fail with; a source that breaks off makes it `errand::reply-incomplete` with the `cause`.
 */
export function reviveArriving(
  parts: AsyncIterable<Part>,
  decoder: PartDecoder,
  source: ArrivingSource,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const blobs: Uint8Array[] = []
    const revival = new Revival({ blobs, reference: source.reference })
    const arrive = new Arrival(parts, source.signal)

    /** Hands over what there is; says whether more is wanted. */
    const advance = async (): Promise<boolean> => {
      const piece = decoder.decode()
      if (!piece) return true
      if (piece.references.length > 0) await source.load?.(piece.references)
      resolve(revival.add(piece.text, piece.program, piece.isOpen))
      return piece.isOpen
    }
    const run = async (): Promise<void> => {
      for (let part = await arrive.next(); part; part = await arrive.next()) {
        const [name, value] = part
        if (typeof value === 'string') {
          decoder.text(name, value)
        } else {
          const bytes = new Uint8Array(await value.arrayBuffer())
          const fileName = value instanceof File ? value.name : undefined
          blobs[decoder.file(name, fileName, value.type, bytes.length)] = bytes
        }
        if (!(await advance())) return
      }
      decoder.end()
      await advance()
    }
    const finish = (error?: unknown): void => {
      reject(error) // unless the arguments are there
      revival.end(error)
      arrive.stop()
    }
    run().then(finish, finish)
  })
}

/** Parts to be asked for, until somebody stops it. */
class Arrival {
  readonly #parts: AsyncIterator<Part>
  readonly #aborted: Promise<never>
  readonly #unlisten: () => void

  constructor(parts: AsyncIterable<Part>, signal: AbortSignal | undefined) {
    this.#parts = parts[Symbol.asyncIterator]()
    let abort!: () => void
    this.#aborted = new Promise((_, reject) => (abort = () => reject(signal?.reason)))
    this.#aborted.catch(() => {})
    if (signal?.aborted) abort()
    else signal?.addEventListener('abort', abort)
    this.#unlisten = () => signal?.removeEventListener('abort', abort)
  }

  async next(): Promise<Part | undefined> {
    const arrived = this.#parts.next().catch((cause: unknown) => {
      throw new ErrandError('errand::reply-incomplete', 'The call broke off', { cause })
    })
    const { done, value } = await Promise.race([arrived, this.#aborted])
    return done ? undefined : value
  }

  /** Whoever gives the parts may be in the middle of one: that it can't stop is not our error. */
  stop(): void {
    this.#unlisten()
    this.#parts.return?.().catch(() => {})
  }
}
