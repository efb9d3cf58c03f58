/** The door of `errand`: what `index.d.ts` in the package's root promises, nothing else. */

import process from 'node:process'

import { decodeResult } from './client/decode.ts'
import { encodeReply } from './client/reply.ts'
import * as compile from './native/compile.ts'
import { native } from './native/index.ts'
import { errandError } from './request/context.ts'
import { Cache } from './server/cache.ts'
import { limitSettings } from './server/options.ts'
import { errorRow, redacted } from './server/redact.ts'
import { sendRows } from './server/sending.ts'
import { type Part, piecesOf, revive, reviveArriving } from './values/index.ts'
import type { DecodeReplyOptions, EncodeResultOptions, TransformOptions, TransformResult } from '../index.d.ts'

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
  const limits = limitSettings(options.limits)
  if (typeof body === 'object' && Symbol.asyncIterator in body) {
    const { signal } = options
    const pieces = piecesOf(body, new native.ReplyDecoder(limits))
    return (await reviveArriving(pieces, { reference, signal })) as unknown[]
  }
  const { bytes, contentType } = await bytesOf(body, options.contentType)
  const { text, program, files } = native.decodeReply(bytes, contentType, limits)
  return revive(text, program, { blobs: files, reference }) as unknown[]
}

function reference(id: string): never {
  throw errandError('errand::unknown-action', `no action is known as ${id} here: decode calls with createHandler()`)
}

async function bytesOf(
  body: string | FormData | Uint8Array,
  contentType = 'text/plain',
): Promise<{ bytes: Uint8Array; contentType: string }> {
  if (typeof body === 'string') return { bytes: Buffer.from(body), contentType: 'text/plain' }
  if (body instanceof Uint8Array) return { bytes: body, contentType }
  const sent = new Response(body)
  return { bytes: new Uint8Array(await sent.arrayBuffer()), contentType: sent.headers.get('content-type') ?? '' }
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
