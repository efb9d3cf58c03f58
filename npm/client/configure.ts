/** What {@link configure} takes. */
export interface ClientOptions {
  /** Where calls are sent. Default: the current page's URL, without the hash. */
  url?: string | URL
  /** Sent with each call; a function is asked each time. */
  headers?: HeadersInit | (() => HeadersInit | Promise<HeadersInit>)
  /** Used instead of the global `fetch`. */
  fetch?: (url: string | URL, init: RequestInit) => Promise<Response>
  /**
   * Takes the place of loading `url`; the call then resolves to `undefined`.
   *
   * `url` is as the action gave it, often a path; its scheme, once resolved, is http or https.
   */
  onRedirect?: (url: string, status: number) => void
  /** Told what an action invalidated, before its call settles, and before `onRedirect`. */
  onRevalidate?: (revalidated: Revalidated) => void
  /** What to do when the server does not know an action: reload the page (once), or reject the call (the default). */
  onUnknownAction?: 'reload' | 'throw'
  /**
   * `serial`: a call is sent when the one before it has settled, whichever actions they are of. Default: `parallel`. For single
   * actions see `errand/client/order`.
   */
  concurrency?: 'parallel' | 'serial'
}

/** What an action invalidated. */
export interface Revalidated {
  paths: string[]
  tags: string[]
  /** The page is to be shown anew, although nothing was invalidated: `refresh()` was called. */
  refresh?: boolean
}

export const settings: ClientOptions = {}

/** Sets how calls are made from now on; options that are not given stay as they are. */
export function configure(options: ClientOptions): void {
  Object.assign(settings, options)
}
