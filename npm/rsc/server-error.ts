/**
 * Errors on their way from the server through React, which in production lets nothing of them through but a digest.
 * An `ActionError` was meant to arrive: its code, message and data travel in there.
 */

import { ActionError } from 'errand/client'

import './ambient.ts'
import { knownDigest } from './digest.ts'
import { navigationOf } from './navigation-of.ts'

const PREFIX = 'errand:'

/** The digest of an `ActionError`; `undefined` for any other error. */
export function toDigest(error: unknown): string | undefined {
  // By name: the server's copy of the class and a bundled one are not the same.
  if (!(error instanceof Error) || error.name !== 'ActionError') return undefined
  const { code, message, data, digest } = error as ActionError
  return PREFIX + JSON.stringify({ code, message, data, digest })
}

/** What the app is given for an error that came from the server: the `ActionError` again, or one that can be read. */
export function fromServer(error: unknown): unknown {
  const digest = knownDigest(error)
  if (digest === undefined || navigationOf(error)) return error
  if (digest.startsWith(PREFIX)) return revive(digest.slice(PREFIX.length))
  if (import.meta.env.DEV) return error // with the server's message and stack
  const message = `It failed on the server, whose log has the reason under the digest ${digest}.`
  return Object.assign(new Error(message), { digest })
}

function revive(text: string): ActionError {
  const { code, message, data, digest } = JSON.parse(text) as Pick<ActionError, 'code' | 'message' | 'data' | 'digest'>
  return Object.assign(new ActionError(code, data, message), digest === undefined ? {} : { digest })
}
