import { VIEWS } from '../values/kinds.ts'
import { CallError, connectionError, unexpected } from './errors.ts'

type Bytes = Uint8Array<ArrayBuffer>
type OnRow = (id: string, tag: string, body: Bytes) => void

const COLON = 58
const COMMA = 44
const LINE_FEED = 10

/**
 * Splits a Flight stream into rows, however the transport cut it, and gives each to `onRow` as it is complete.
 *
 * `0:{"a":"$@1"}⏎1:T3,abc` gives `('0', '', {"a":"$@1"})` and `('1', 'T', abc)`, each body in a buffer of its own. A last row
 * without its end is dropped.
 *
 * @throws (rejects, at the latest when the stream ends) what is the matter with anyone who waits for another row: what
 * `signal` was aborted with, else a CallError `errand::connection-closed`, `errand::network`, or
 * `errand::unexpected-response` for bytes that are no row; and those that `onRow` throws
 */
export async function readRows(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  onRow: OnRow,
  signal: AbortSignal | undefined,
): Promise<never> {
  const rows = splitter(onRow)
  rows.next()
  try {
    for (let part; !(part = await reader.read()).done; ) rows.next(part.value)
    throw new CallError('errand::connection-closed', 'The answer broke')
  } catch (error) {
    reader.cancel(error).catch(() => {})
    throw connectionError(error, signal)
  }
}

/** Is given the stream piece by piece: it pauses wherever it needs the next. */
function* splitter(onRow: OnRow): Generator<void, void, Uint8Array> {
  let bytes = yield

  /** The next `size` bytes; with `end`, those before the next byte of that kind, and at most `size`. */
  function* take(size: number, end?: number): Generator<void, Bytes, Uint8Array> {
    const pieces: Uint8Array[] = []
    for (;; bytes = yield) {
      const at = end ? bytes.indexOf(end) >>> 0 : size // far away, if it is not there
      const piece = bytes.subarray(0, at)
      if (end && piece.length > size) throw unexpected()
      pieces.push(piece)
      size -= piece.length
      if (at > bytes.length) continue
      bytes = bytes.subarray(end ? at + 1 : at)
      return concat(pieces)
    }
  }

  for (;;) {
    const id = hex(yield* take(8, COLON))
    while (!bytes.length) bytes = yield
    const first = String.fromCharCode(bytes[0]!)
    const isSized = first === 'T' || VIEWS[first]
    const tag = isSized || /[A-Z#rx]/.test(first) ? first : '' // else it belongs to the body
    bytes = bytes.subarray(tag.length)
    onRow(id, tag, isSized ? yield* take(parseInt(hex(yield* take(8, COMMA)), 16)) : yield* take(Infinity, LINE_FEED))
  }
}

function hex(bytes: Bytes): string {
  const digits = String.fromCharCode(...bytes)
  if (/[^0-9a-f]/.test(digits)) throw unexpected()
  return digits
}

function concat(pieces: Uint8Array[]): Bytes {
  let size = 0
  for (const { length } of pieces) size += length
  const whole = new Uint8Array(size)
  for (const piece of pieces.reverse()) whole.set(piece, (size -= piece.length))
  return whole
}
