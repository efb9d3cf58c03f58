/** Telling of what an action threw. */

import type { NativeHost } from '../../native/index.ts'
import type { Settings } from '../options.ts'
import type { Run } from './run.ts'

/** The user's hook must not be able to lose the answer. */
export function report(settings: Settings, error: unknown, { call, digest }: Run): void {
  try {
    if (error instanceof Error && !('digest' in error)) Object.assign(error, { digest })
    settings.onError(error, call.failed(digest))
  } catch (second) {
    console.error('errand: onError threw\n', second)
  }
}

export function digestOf(host: NativeHost, error: unknown): string {
  if (error instanceof Error && 'digest' in error && typeof error.digest === 'string') return error.digest
  return host.digest(error instanceof Error ? `${error.message}\n${error.stack}` : String(error))
}
