/** What of an error may leave the server: all of one thrown on purpose, of others only a name to look them up by. */

import process from 'node:process'

import { ActionError } from '../client/errors.ts'
import { type ErrorRow, native } from '../native/index.ts'

/** An error as the browser will see it. */
export type Redacted = Error & { digest: string; code?: string; data?: unknown }

export function redacted(error: unknown, digest: string): Redacted {
  if (error instanceof ActionError) return Object.assign(error, { digest })
  const own = error instanceof Error ? error : new Error(String(error))
  const { name, message } = native.redact(own.name, own.message, digest, process.env['NODE_ENV'] === 'production')
  const safe = new Error(message)
  if (name !== safe.name) safe.name = name
  return Object.assign(safe, { digest })
}

export function errorRow(error: unknown, digest: string): ErrorRow {
  const { name, message, code, data } = redacted(error, digest)
  return { digest, name, message, code: code ?? null, data: data === undefined ? null : JSON.stringify(data) }
}
