import { unexpected } from './errors.ts'

/** Tags of rows that say how many bytes follow; all other rows end with a line feed. */
const SIZED = 'TAOobUSsLlGgMmV'

const COLON = 58
const COMMA = 44
const LINE_FEED = 10

/**
 * Splits a Flight stream into rows, however the transport cut it, and gives each to `onRow` as it is complete.
 *
 * `0:{"a":"$@1"}⏎1:T3,abc` gives `(0, '', {"a":"$@1"})` and `(1, 'T', abc)`. A last row without its end is dropped.
 *
 * @throws CallError `errand::unexpected-response` for bytes that are no row; and what the stream or `onRow` throws
 */
export async function readRows(
  stream: ReadableStream<Uint8Array>,
  onRow: (id: number, tag: string, body: Uint8Array) => void,
): Promise<void> {
  const reader = stream.getReader()
  let held: Uint8Array[] = []
  let size = 0
  /** Bytes that the first row needs at least; 0 when only a line feed can tell. */
  let needed = 1
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      held.push(value)
      size += value.length
      if (needed ? size < needed : !value.includes(LINE_FEED)) continue
      const bytes = held.length === 1 ? value : concat(held, size)
      const [used, more] = split(bytes, onRow)
      held = [bytes.subarray(used)]
      size -= used
      needed = more
    }
  } catch (error) {
    reader.cancel(error).catch(() => {})
    throw error
  }
}

/** Gives the complete rows of `bytes`; says how many bytes they took, and how many the next row needs (see above). */
function split(bytes: Uint8Array, onRow: (id: number, tag: string, body: Uint8Array) => void): [number, number] {
  for (let at = 0; ; ) {
    const left = bytes.length - at
    const colon = bytes.indexOf(COLON, at)
    if (colon < 0 || colon + 1 === bytes.length) {
      if (left > 9) throw unexpected()
      return [at, left + 1]
    }
    const id = hex(bytes, at, colon)
    const first = String.fromCharCode(bytes[colon + 1]!)
    const tag = /[A-Z#rx]/.test(first) || SIZED.includes(first) ? first : ''
    let start = colon + 1 + tag.length
    let end: number
    if (tag && SIZED.includes(tag)) {
      const comma = bytes.indexOf(COMMA, start)
      if (comma < 0) return [at, left + 1]
      end = comma + 1 + hex(bytes, start, comma)
      start = comma + 1
      if (end > bytes.length) return [at, end - at]
      onRow(id, tag, bytes.subarray(start, end))
      at = end
    } else {
      end = bytes.indexOf(LINE_FEED, start)
      if (end < 0) return [at, 0]
      onRow(id, tag, bytes.subarray(start, end))
      at = end + 1
    }
  }
}

function hex(bytes: Uint8Array, start: number, end: number): number {
  const digits = String.fromCharCode(...bytes.subarray(start, Math.min(end, start + 9)))
  if (!/^[0-9a-f]{0,8}$/.test(digits)) throw unexpected()
  return parseInt(digits || '0', 16)
}

function concat(pieces: Uint8Array[], size: number): Uint8Array {
  const all = new Uint8Array(size)
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}
