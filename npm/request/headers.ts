/** `errand/headers`: the request that an action or a page runs for. */

import { currentContext, errandError, requireContext } from './context.ts'
import type { Cookie, CookieJar, CookieOptions } from './cookies.ts'
import { currentScope } from './scope.ts'

export type { Cookie, CookieOptions }

/**
 * The cookies of the request. In an action they can be set and deleted; later reads of the same call see it.
 */
export interface Cookies {
  readonly size: number
  get(name: string): Cookie | undefined
  getAll(name?: string): Cookie[]
  has(name: string): boolean
  /** @throws `errand::cookies-in-render` outside of an action: the answer may be on its way already. */
  set(name: string, value: string, options?: CookieOptions): void
  set(cookie: Cookie & CookieOptions): void
  /** @throws as `set` does. */
  delete(name: string, options?: Pick<CookieOptions, 'path' | 'domain'>): void
}

/**
 * The cookies of the request that this code runs for.
 *
 * @throws `errand::no-request` outside of a request, `errand::request-in-cache` inside of `cached()`.
 */
export async function cookies(): Promise<Cookies> {
  const context = requireContext('cookies()')
  context.dynamic = true
  const jar = context.cookies
  const writable = (): CookieJar => {
    if (context.phase !== 'action') {
      throw errandError(
        'errand::cookies-in-render',
        'cookies can only be set or deleted in an action: while a page renders, its headers may have been sent',
      )
    }
    if (context.isSent) {
      throw errandError('errand::head-sent', 'the action has returned and its answer has begun: set cookies before that')
    }
    return jar
  }
  return {
    get size() {
      return jar.size
    },
    get: (name) => jar.get(name),
    getAll: (name) => jar.getAll(name),
    has: (name) => jar.has(name),
    set(nameOrCookie: string | (Cookie & CookieOptions), value?: string, options?: CookieOptions) {
      if (typeof nameOrCookie === 'string') return writable().set(nameOrCookie, value ?? '', options)
      const { name, value: text, ...rest } = nameOrCookie
      writable().set(name, text, rest)
    },
    delete: (name, options) => writable().delete(name, options),
  }
}

/**
 * The headers of the request that this code runs for; a copy, changing it changes nothing.
 *
 * @throws as {@link cookies} does.
 */
export async function headers(): Promise<Headers> {
  const context = requireContext('headers()')
  context.dynamic = true
  return new Headers(context.request.headers())
}

/**
 * Aborts when the visitor is gone: the tab was closed, the call aborted, the connection lost; and when the time is up that
 * `action({ timeout })` gives. Hand it on to what takes long.
 *
 * ```ts
 * const answer = await fetch(url, { signal: signal() })
 * ```
 *
 * @throws `errand::no-request` outside of a request, `errand::request-in-cache` inside of `cached()`.
 */
export function signal(): AbortSignal {
  const end = currentScope()?.signal
  if (end && !currentContext()) return end // an action that is called in a test
  const context = requireContext('signal()')
  context.dynamic = true
  const gone = context.request.signal()
  return end ? AbortSignal.any([gone, end]) : gone
}

/**
 * The host's own object of this request, with what middleware has put on it: `req` of Express and `node:http` (its `res` is
 * `req.res` in Express), Fastify's `request`, Koa's `ctx`, Hono's `c`, the `Request` of any other Fetch host.
 *
 * ```ts
 * const { user } = hostRequest<express.Request>()
 * ```
 *
 * @throws `errand::no-request` outside of a request, `errand::request-in-cache` inside of `cached()`.
 */
export function hostRequest<T = unknown>(): T {
  const context = requireContext('hostRequest()')
  context.dynamic = true
  return context.request.host as T // only the app knows what it is mounted in
}
