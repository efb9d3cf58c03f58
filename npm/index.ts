/** The door of `errand`: what `index.d.ts` in the package's root promises, nothing else. */

import process from 'node:process'

import { decodeResult } from './client/decode.ts'
import { encodeReply } from './client/reply.ts'
import * as compile from './native/compile.ts'
import { native, type ReplyLimits } from './native/index.ts'
import { errandError } from './request/context.ts'
import { Cache } from './server/cache.ts'
import { limitSettings } from './server/options.ts'
import { errorRow, redacted } from './server/redact.ts'
import { sendRows } from './server/sending.ts'
import { type Part, piecesOf, revive, reviveArriving, reviveWhole } from './values/index.ts'
import type { DecodeReplyOptions, EncodeResultOptions, Limits, TransformOptions, TransformResult } from '../index.d.ts'

export { Cache, decodeResult, encodeReply }

export const transform = (code: string, options: TransformOptions): Promise<TransformResult> => compile.transform(code, withRoot(options))
export const transformSync = (code: string, options: TransformOptions): TransformResult => compile.transformSync(code, withRoot(options))
export const scan = (code: string | Uint8Array): boolean => native.scan(code)

/** The compiler reads no environment: the working directory is said here. */
const withRoot = (options: TransformOptions): TransformOptions => ({ root: process.cwd(), ...options })

export async function decodeReply(
  body: string | FormData | Uint8Array | AsyncIterable<Part>,
  options: DecodeReplyOptions = {},
): Promise<unknown[]> {
  const limits = limitsOf(options.limits)
  if (typeof body === 'string') {
    const isLarge = body.length > LARGE_TEXT
    const decoded = isLarge ? await native.decodeReplyTextLater(body, limits) : native.decodeReplyText(body, limits)
    return (decoded === null ? JSON.parse(body) : revive(decoded.text, decoded.program, { blobs: [], reference })) as unknown[]
  }
  if (body instanceof Uint8Array) {
    const { text, program, files } = native.decodeReply(body, options.contentType ?? 'text/plain', limits)
    return revive(text, program, { blobs: files, reference }) as unknown[]
  }
  if (Symbol.asyncIterator in body) {
    const pieces = piecesOf(body, new native.ReplyDecoder(limits))
    return (await reviveArriving(pieces, { reference, signal: options.signal })) as unknown[]
  }
  return (await reviveWhole(body, new native.ReplyDecoder(limits), { reference })) as unknown[]
}

/** Characters from which on a text is looked at on another thread: this one then only parses it. */
const LARGE_TEXT = 64 << 10

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

export function encodeResult(value: unknown, { onError }: EncodeResultOptions = {}): ReadableStream<Uint8Array> {
  const digestOf = (error: unknown): string => onError?.(error) || ''
  const rows = sendRows(value, {
    isCall: false,
    describe: (error) => redacted(error, digestOf(error)),
    failure: (error) => errorRow(error, digestOf(error)),
  })
  return rows instanceof ReadableStream ? rows : new Response(rows as BodyInit).body!
}
