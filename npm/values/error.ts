/** What went wrong in Errand itself, under a stable `code`; `docs/errors` has a page for each. */
export class ErrandError extends Error {
  override readonly name: string = 'ErrandError'
  /** Stable name, for example `errand::unserializable`. */
  readonly code: string
  /** What to do about it; also the end of the message. */
  readonly hint: string | undefined

  constructor(code: string, message: string, options: { hint?: string | undefined; cause?: unknown } = {}) {
    super(options.hint ? `${message}. ${options.hint}` : message, options)
    this.code = code
    this.hint = options.hint
  }
}
