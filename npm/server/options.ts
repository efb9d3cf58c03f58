/** What `createHandler` takes, and what it becomes: no optional field is left below this file. */

import { randomUUID } from 'node:crypto'
import process from 'node:process'

import type { Limits } from '../../index.d.ts'
import type { HostSettings, LimitSettings } from '../native/index.ts'
import { type ActionTable, readManifest } from './actions.ts'
import { Cache, type CacheOptions, processCache, setProcessCache } from './cache.ts'
import { cacheFolder } from './folder.ts'
import { type ObserveOptions, observeOptions, type Telemetry } from './observe/index.ts'
import { settingsOf } from './policies.ts'

/** One call, as middleware and `onError` see it. */
export interface Call {
  /** The action's id. */
  id: string
  /** The function's name, where it has one. */
  name: string
  /** Decoded arguments; captured values are not among them. */
  args: unknown[]
  /** The request's head. Its body has been read. */
  readonly request: Request
  /**
   * The host's own object, with what middleware has put on it (`req.user`): see `hostRequest` in `errand/headers`. Under
   * `handler.listen`: a `ListenedRequest`.
   */
  readonly host: unknown
}

/** May this call be made? It sees the request, cookies and headers, but no arguments. */
export type Guard = (call: Omit<Call, 'args'>) => unknown

/** Wraps every call: look at it, refuse it by throwing, time it. `next` runs the action, once. */
export type Middleware = (call: Call, next: () => Promise<unknown>) => unknown

export interface HandlerOptions {
  /** The default export of `errand/actions`, the path of a manifest, or a table of your own. */
  actions: ActionTable | string
  /**
   * Origins beside the server's own whose pages may call: `app.example.com`, `*.example.com` (one label),
   * `**.example.com` (one or more), `https://app.example.com:8443`. Default: `ERRAND_ALLOWED_ORIGINS`, separated by
   * commas.
   */
  allowedOrigins?: string[]
  /**
   * Whose `X-Forwarded-Host` or `Forwarded` says what this server's own name is: nobody's (the default), everybody's
   * (`true`: only proxies can connect), that of the nth proxy from here (a number), or of proxies at these addresses:
   * `loopback`, `private`, `10.0.0.7`, `10.0.0.0/8`. Default: `ERRAND_TRUST_PROXY`.
   */
  trustProxy?: boolean | number | string | string[]
  /**
   * Asked once before any action runs, and before a fetch call's body is read. `false` refuses the call (403); what it throws answers
   * the call as if the action had thrown it: `redirect('/login')`, `unauthorized()`, an `ActionError`.
   */
  guard?: Guard
  limits?: Limits
  /**
   * Seals captured values; at least 16 characters, the same in all processes. In an array the first seals and all
   * open. `{ file }` holds them one to a line and is read again when it changes; a function is asked at the start, and again
   * when a value arrives that no secret opens. Default: `ERRAND_SECRET`, `ERRAND_SECRET_FILE`, else one that is made and
   * kept in `node_modules/.cache/errand`.
   */
  secret?: string | string[] | { file: string } | (() => string | string[] | Promise<string | string[]>)
  /**
   * What each answer names in `errand-build`, such as the commit's hash: 1 to 128 visible ASCII characters. Default: `ERRAND_BUILD`,
   * else a hash of the ids of all actions, which changes when one comes or goes.
   */
  build?: string
  /** Seconds after which a sealed value no longer opens. Default: as long as its secret is known. */
  sealLifetime?: number
  /** Options of this handler's cache, or the cache itself. Default: one cache for the whole process. */
  cache?: CacheOptions | Cache
  middleware?: Middleware[]
  /** Sees every unexpected error, with the `digest` that the client got. Default: `console.error`. */
  onError?: (error: unknown, call: Call & { digest: string }) => void
  /** One line for each call, to `console.log` or to a function. Default: in development (`NODE_ENV=development`). */
  log?: boolean | ((line: string) => void)
  /** The header `server-timing` in answers. Default: as `log`. */
  serverTiming?: boolean
  /** Whether `handler.metrics()` counts. Default: no. */
  metrics?: boolean
  /** `@opentelemetry/api`, for a span around each action. Default: none. */
  telemetry?: Telemetry
  /** Renders a page again after a form was sent to it without JavaScript. Default: 303 back to the page. */
  render?: (request: Request, form: { formState: unknown[] | null; status: number; error?: unknown }) => Response | Promise<Response>
  /** How Server Components answer; `errand/rsc` brings it. */
  renderer?: Renderer
}

/** Answers that hold a rendered tree. */
export interface Renderer {
  /** Where the page at `url` lies in a file tree: `/posts/[id]`. */
  routeOf?(url: string): string | undefined
  /**
   * The rows of a fetch call's answer. `result` settles as the action did, errors already redacted; `page` is the
   * path whose tree belongs into the same answer, or `null`.
   */
  call(input: { request: Request; result: Promise<unknown>; page: string | null }): Promise<ReadableStream<Uint8Array>>
  /** The page again, after a form sent without JavaScript. */
  form(input: { request: Request; formState: unknown[] | null; status: number; error?: unknown }): Promise<Response>
}

export interface Settings {
  table: ActionTable
  host: HostSettings
  askForSecrets: (() => string | string[] | Promise<string | string[]>) | undefined
  cache: Cache
  observe: ObserveOptions
  guard: Guard | undefined
  middleware: Middleware[]
  onError: NonNullable<HandlerOptions['onError']>
  render: HandlerOptions['render']
  renderer: Renderer | undefined
}

export function resolveOptions(options: HandlerOptions): Settings {
  const table = typeof options.actions === 'string' ? readManifest(options.actions) : options.actions
  return {
    table,
    host: {
      actions: Object.keys(table),
      policies: settingsOf(table),
      allowedOrigins: options.allowedOrigins ?? listed(process.env['ERRAND_ALLOWED_ORIGINS']),
      trustProxy: trusted(options.trustProxy ?? process.env['ERRAND_TRUST_PROXY']),
      limits: limitSettings(options.limits),
      secret: secretSource(options.secret),
      sealLifetime: options.sealLifetime,
      build: options.build ?? (process.env['ERRAND_BUILD'] || undefined),
    },
    askForSecrets: typeof options.secret === 'function' ? options.secret : undefined,
    cache: resolveCache(options.cache),
    observe: observeOptions(options),
    guard: options.guard,
    middleware: options.middleware ?? [],
    onError: options.onError ?? ((error, call) => console.error(`errand: ${call.name} failed (digest ${call.digest})\n`, error)),
    render: options.render,
    renderer: options.renderer,
  }
}

function listed(text: string | undefined): string[] {
  return (text ?? '').split(',').flatMap((item) => item.trim() || [])
}

function trusted(given: HandlerOptions['trustProxy']): string[] {
  if (Array.isArray(given)) return given
  return typeof given === 'string' ? listed(given) : given === undefined ? [] : [String(given)]
}

/** Sizes cross as text, whichever way they were written. */
export function limitSettings({ body, file, part, string, ...counts }: Limits = {}): LimitSettings {
  const given = Object.entries({ body, file, part, string }).filter(([, size]) => size !== undefined)
  return { ...Object.fromEntries(given.map(([name, size]) => [name, String(size)])), ...counts }
}

function resolveCache(cache: HandlerOptions['cache']): Cache {
  if (cache === undefined) return processCache()
  const resolved = cache instanceof Cache ? cache : new Cache(cache)
  setProcessCache(resolved)
  return resolved
}

function secretSource(given: HandlerOptions['secret']): HostSettings['secret'] {
  const folder = cacheFolder()
  if (typeof given === 'function') return { secrets: [randomUUID()], folder } // until it has answered
  if (typeof given === 'string') return { secrets: [given], folder }
  if (Array.isArray(given)) return { secrets: given, folder }
  if (typeof given === 'object' && given !== null && 'file' in given) return { file: given.file, folder }
  // An empty variable is one that isn't set.
  return { text: process.env['ERRAND_SECRET'] || undefined, file: process.env['ERRAND_SECRET_FILE'] || undefined, folder }
}
