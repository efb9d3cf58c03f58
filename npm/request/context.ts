/**
 * What an action or a page knows of its request without being handed it.
 *
 * One store for the whole process, whichever copy of this file runs: a bundler may put one into each
 * graph, so the storage hangs on `globalThis` under a registered symbol.
 */

import { AsyncLocalStorage } from 'node:async_hooks'

import { CookieJar } from './cookies.ts'

/** What the code that runs now may do: an action changes, a render only reads, a fill sees no request. */
export type Phase = 'action' | 'render' | 'fill'

/** Seconds; missing or `Infinity` is without end. */
export interface Lifetime {
  revalidate?: number | undefined
  expire?: number | undefined
}

export interface RequestContext {
  phase: Phase
  request: RequestFacts
  cookies: CookieJar
  /** What the action invalidated, as it wrote it. */
  paths: Set<string>
  tags: Set<string>
  /** Invalidations to repeat when the action ends. */
  again: Set<() => Promise<void>>
  /** Cache tags that whatever is computed here depends on, in the cache's own spelling. */
  dependencies: Set<string>
  /** Where the page of this request lies in a file tree, `/posts/[id]`, as far as that is known. */
  route: string | undefined
  /** The cache tags of that page, once somebody has asked: their marks count for what is read here. */
  pageTags: string[] | undefined
  /** How long what is computed here may be kept: the shortest of what was asked for and of what it is made of. */
  life: Lifetime | undefined
  /** Whether somebody asked for a life here, with `cacheLife()`. */
  isTimed: boolean
  /** Whether the page is to be rendered again, although nothing was invalidated. */
  refreshed: boolean
  /** The newest mark that the visitor has to see, if the cache counts them. */
  seen: number
  /** What must have happened before the answer goes out. */
  pending: Promise<unknown>[]
  /** Whether the request was looked at, so that the outcome can't be shared. */
  dynamic: boolean
  /** What `redirect` threw last: a `catch` may have swallowed it. */
  redirect: unknown
  /** What is to be done when the answer was sent. */
  after: (() => unknown)[]
  /** Whether the answer's head is on its way, while a result still goes on. */
  isSent: boolean
}

const KEY = Symbol.for('errand.request')

const globals = globalThis as { [KEY]?: AsyncLocalStorage<RequestContext> }

const storage: AsyncLocalStorage<RequestContext> = (globals[KEY] ??= new AsyncLocalStorage())

/** A context in which nothing has happened yet. A fill has no request to look at. */
export function newContext(
  phase: Phase,
  request: RequestFacts = NO_REQUEST,
): RequestContext {
  return {
    phase,
    request,
    cookies: new CookieJar(request),
    paths: NOTHING,
    tags: NOTHING,
    again: NOTHING,
    dependencies: NOTHING,
    route: undefined,
    pageTags: undefined,
    life: undefined,
    isTimed: false,
    refreshed: false,
    seen: 0,
    pending: NOTHING_PENDING,
    dynamic: false,
    redirect: undefined,
    after: NOTHING_AFTER,
    isSent: false,
  }
}

/** Most calls note nothing, and need no sets for it. Never changed: see {@link noting}. */
const NOTHING: Set<never> = new Set()
const NOTHING_AFTER: never[] = []
const NOTHING_PENDING: never[] = []

/** A context's set of something, to add to. */
export function noting<What extends 'paths' | 'tags' | 'again' | 'dependencies'>(
  context: RequestContext,
  what: What,
): RequestContext[What] {
  // An empty one may be everybody's; by its size, for another copy of this file has another.
  if (context[what].size === 0) context[what] = new Set<never>() as RequestContext[What]
  return context[what]
}

/** What a context takes of its request; nothing of it is made before it is asked for. */
export interface RequestFacts {
  headers(): Headers
  /** Path and query of the page that is asked for, or that called. */
  readonly url: string | undefined
  readonly cookie: string | undefined
  /** The host's own request object, such as Express's `req`. */
  readonly host: unknown
  /** Aborts when the visitor is gone. */
  signal(): AbortSignal
}

const NO_REQUEST: RequestFacts = {
  headers: () => new Headers(),
  url: undefined,
  cookie: undefined,
  host: undefined,
  signal: () => new AbortController().signal,
}

/** The context of the code that runs now, if it runs for a request. */
export function currentContext(): RequestContext | undefined {
  return storage.getStore()
}

/** Runs `work` and all that it awaits in `context`. */
export function runInContext<T>(context: RequestContext, work: () => T): T {
  return storage.run(context, work)
}

/** The context, or an error that says who asked for it where there is none. */
export function requireContext(who: string): RequestContext {
  const context = currentContext()
  if (!context) {
    throw errandError('errand::no-request', `${who} was called outside of a request`)
  }
  if (context.phase === 'fill') {
    throw errandError(
      'errand::request-in-cache',
      `${who} was called inside of a cached function: what it returns would be shared with other visitors. ` +
        'Read it outside and pass what you need as an argument',
    )
  }
  return context
}

export function errandError(code: string, message: string): Error & { code: string } {
  return Object.assign(new Error(message), { code })
}
