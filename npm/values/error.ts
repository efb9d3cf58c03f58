/** What an error knows beside its message. */
export interface ErrorDetails {
  hint?: string | undefined
  cause?: unknown
  /** Of the response, if the error is one of a call. */
  status?: number | undefined
}

/** What went wrong in Errand itself, under a stable `code`; `docs/errors` has a page for each. */
export class ErrandError extends Error {
  override readonly name: string = 'ErrandError'
  /** Stable name, for example `errand::unserializable`. */
  declare readonly code: string
  /** What to do about it; also the end of the message. */
  declare readonly hint: string | undefined

  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(details.hint ? `${message}. ${details.hint}` : message, details)
    Object.assign(this, details, { code })
  }
}
