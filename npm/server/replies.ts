/** `decodeReply`: the bodies of calls, without a host. */

import { native, type Decoded, type ReplyLimits } from '../native/index.ts'
import { errandError } from '../request/context.ts'
import { type Part, piecesOf, revive, reviveArriving, reviveWhole } from '../values/index.ts'
import { limitSettings } from './options.ts'
import { textOf } from './receiving.ts'
import type { DecodeReplyOptions, Limits } from '../../index.d.ts'

export async function decodeReply(
  body: string | FormData | Uint8Array | AsyncIterable<Part>,
  { limits: given, signal, contentType = 'text/plain' }: DecodeReplyOptions = {},
): Promise<unknown[]> {
  const limits = limitsOf(given)
  return (await decode(body)) as unknown[] // the decoder has seen that it is a list

  function decode(body: string | FormData | Uint8Array | AsyncIterable<Part>): unknown {
    if (typeof body === 'string') return fromText(body, limits)
    if (body instanceof Uint8Array) return fromBytes(body, contentType, limits)
    const decoder = new native.ReplyDecoder(limits)
    if (Symbol.asyncIterator in body) return reviveArriving(piecesOf(body, decoder), { reference, signal })
    return reviveWhole(body, decoder, { reference })
  }
}

/** Bodies of more bytes are looked at by another thread: this one then only parses them. */
const SMALL = 64 << 10

/** Where a small text becomes bytes: that takes less time than to allocate some. */
const scratch = new Uint8Array(SMALL)
const encoder = new TextEncoder()

/** Where a larger one does, unless another is just being looked at there. */
let spare: Uint8Array | undefined
const SPARE = 4 << 20
const UTF8_BYTES_PER_UNIT = 3

function fromText(body: string, limits: ReplyLimits): unknown {
  if (body.length > SMALL) return fromLargeText(body, limits)
  const { read, written } = encoder.encodeInto(body, scratch)
  if (read < body.length) return fromLargeText(body, limits)
  if (native.isPlainReply(scratch, written, limits)) return JSON.parse(body)
  return built(native.decodeReply(scratch.subarray(0, written), 'text/plain', limits))
}

async function fromLargeText(body: string, limits: ReplyLimits): Promise<unknown> {
  if (body.length * UTF8_BYTES_PER_UNIT > SPARE) return fromLarge(Buffer.from(body), 'text/plain', limits, () => body)
  const bytes = spare ?? Buffer.allocUnsafeSlow(SPARE)
  spare = undefined
  try {
    const { written } = encoder.encodeInto(body, bytes)
    return await fromLarge(bytes.subarray(0, written), 'text/plain', limits, () => body)
  } finally {
    spare = bytes
  }
}

function fromBytes(body: Uint8Array, contentType: string, limits: ReplyLimits): unknown {
  const isText = /^\s*text\/plain\b/i.test(contentType)
  if (isText && body.length > SMALL) return fromLarge(body, contentType, limits, () => textOf(body))
  if (isText && native.isPlainReply(body, body.length, limits)) return JSON.parse(textOf(body))
  return built(native.decodeReply(body, contentType, limits))
}

async function fromLarge(body: Uint8Array, contentType: string, limits: ReplyLimits, text: () => string): Promise<unknown> {
  const decoded = await native.decodeReplyLater(body, contentType, limits)
  return decoded === null ? JSON.parse(text()) : built(decoded)
}

function built({ text, program, files }: Decoded): unknown {
  return revive(text, program, { blobs: files, reference })
}

/** What they are in Rust. Each object is read once. */
const known = new WeakMap<Limits, ReplyLimits>()
const NONE: Limits = {}

function limitsOf(limits: Limits = NONE): ReplyLimits {
  const made = known.get(limits) ?? new native.ReplyLimits(limitSettings(limits))
  known.set(limits, made)
  return made
}

function reference(id: string): never {
  throw errandError('errand::unknown-action', `no action is known as ${id} here: decode calls with createHandler()`)
}
