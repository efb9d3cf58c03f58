/** What of an error may leave the server: all of one thrown on purpose, of others only a name to look them up by. */

import process from 'node:process'

import { ActionError } from '../client/errors.ts'
import type { ErrorRow } from '../native/index.ts'

/** An error as the browser will see it. */
export type Redacted = Error & { digest: string; code?: string; data?: unknown }

export function redacted(error: unknown, digest: string): Redacted {
  if (error instanceof ActionError) return Object.assign(error, { digest })
  const isProduction = process.env['NODE_ENV'] === 'production'
  const about = digest && `; its log has the reason under the digest ${digest}`
  const safe = new Error(
    isProduction ? `The action failed on the server${about}.` : error instanceof Error ? error.message : String(error),
  )
  if (!isProduction && error instanceof Error) safe.name = error.name
  return Object.assign(safe, { digest })
}

export function errorRow(error: unknown, digest: string): ErrorRow {
  const { name, message, code, data } = redacted(error, digest)
  return { digest, name, message, code: code ?? null, data: data === undefined ? null : JSON.stringify(data) }
}
