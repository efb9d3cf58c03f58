import { ErrandError } from '../values/error.ts'

/**
 * A failure that an action reports on purpose: it reaches the caller with its data, in production too.
 *
 * ```ts
 * throw new ActionError('title-taken', { field: 'title' })     // in the action
 * if (error instanceof ActionError) show(error.data)           // in the browser
 * ```
 */
export class ActionError<Data = unknown> extends Error {
  override readonly name = 'ActionError'
  /** The application's own name for what happened. */
  declare readonly code: string
  /** Plain JSON data about it. */
  declare readonly data: Data
  /** What the server's log calls this failure; set where the error arrives. */
  declare digest?: string | undefined

  constructor(code: string, data?: Data, message: string = code) {
    super(message)
    this.code = code
    this.data = data as Data
  }
}

/**
 * A call that did not get an answer of the action.
 *
 * `code` is the server's (`errand::origin-mismatch`, …), or one of `errand::network` (see `cause`), `errand::offline` (the
 * browser knows of no network), `errand::unexpected-response` (something else answered, a proxy perhaps),
 * `errand::connection-closed` (the answer broke off) and `errand::superseded` (see `latest`).
 */
export class CallError extends ErrandError {
  override readonly name: string = 'CallError'
  /** The status of the response, if there was one. */
  declare readonly status: number | undefined
}

/**
 * The server does not know the action: usually the page is older than the deployment, and reloading it helps.
 *
 * See `onUnknownAction` of `configure` for doing that by itself.
 */
export class UnknownActionError extends CallError {
  override readonly name = 'UnknownActionError'
  /** The id that was called. */
  declare readonly id: string

  constructor(id: string, status?: number) {
    super('errand::unknown-action', 'Unknown action', { status, hint: 'Reload' })
    this.id = id
  }
}

/** Why nothing, or nothing more, could be read. */
export function connectionError(cause: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason
  if (cause instanceof CallError) return cause
  const code = globalThis.navigator?.onLine === false ? 'errand::offline' : 'errand::network'
  return new CallError(code, 'The connection broke', { cause })
}

/** Something else than Errand answered, or its answer was damaged on the way. */
export function unexpected(status?: number): CallError {
  return new CallError('errand::unexpected-response', 'The answer is not of an action', { status })
}
