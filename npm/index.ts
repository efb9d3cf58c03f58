/** The door of `errand`: what `index.d.ts` in the package's root promises, nothing else. */

import process from 'node:process'

import { decodeResult } from './client/decode.ts'
import { encodeReply } from './client/reply.ts'
import * as compile from './native/compile.ts'
import { native } from './native/index.ts'
import { Cache } from './server/cache.ts'
import { errorRow, redacted } from './server/redact.ts'
import { decodeReply } from './server/replies.ts'
import { sendRows } from './server/sending.ts'
import type { EncodeResultOptions, TransformOptions, TransformResult } from '../index.d.ts'

export { Cache, decodeReply, decodeResult, encodeReply }

export const transform = (code: string, options: TransformOptions): Promise<TransformResult> => compile.transform(code, withRoot(options))
export const transformSync = (code: string, options: TransformOptions): TransformResult => compile.transformSync(code, withRoot(options))
export const scan = (code: string | Uint8Array): boolean => native.scan(code)

/** The compiler reads no environment: the working directory is said here. */
const withRoot = (options: TransformOptions): TransformOptions => ({ root: process.cwd(), ...options })

export function encodeResult(value: unknown, { onError }: EncodeResultOptions = {}): ReadableStream<Uint8Array> {
  const digestOf = (error: unknown): string => onError?.(error) || ''
  const rows = sendRows(value, {
    isCall: false,
    describe: (error) => redacted(error, digestOf(error)),
    failure: (error) => errorRow(error, digestOf(error)),
  })
  return rows instanceof ReadableStream ? rows : new Response(rows as BodyInit).body!
}
