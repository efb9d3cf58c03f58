import { quiet } from '../values/live.ts'
import { settings, type ClientOptions, type Revalidated } from './configure.ts'
import { CallError, connectionError, unexpected, UnknownActionError } from './errors.ts'
import { decodeFlight, type DecodeOptions } from './flight.ts'
import { encodeReply } from './reply.ts'

/** The options of one call, or of all calls of one reference. */
export interface CallOptions {
  /** Aborts the call; it then rejects with the signal's reason, and the action sees the abort too. */
  signal?: AbortSignal
  /** Sent in addition to those of `configure`. */
  headers?: HeadersInit
  /** Used instead of that of `configure`; see `errand/client/progress`. */
  fetch?: ClientOptions['fetch']
}

/** When the last call of each action has settled; if calls are serial, the last of all. */
const settled = new Map<string, Promise<void>>()

/**
 * Calls the action `id` on the server and gives its result.
 *
 * Arguments are read now, even if the call has to wait for its turn. Calls of one action settle, and tell what they
 * invalidated, in the order in which they were made.
 */
export function call(
  id: string,
  args: unknown[],
  options: CallOptions,
  reference: DecodeOptions['reference'],
): Promise<unknown> {
  const body = quiet(encodeReply(args, options))
  const queue = settings.concurrency === 'serial' ? '' : id
  const before = settled.get(queue)
  const run = async (): Promise<unknown> => {
    if (!queue) await before
    const response = await send(id, await body, options)
    await before
    return receive(id, response, options, reference)
  }
  const running = run()
  settled.set(queue, running.then(() => {}, () => {}))
  return running
}

async function send(id: string, body: string | FormData, options: CallOptions): Promise<Response> {
  // By default the page that the user is on, which the server renders again if the action asks for it; no hash is sent.
  const { fetch = globalThis.fetch, url = location.href, signal } = { ...settings, ...options }
  const { headers } = settings
  const all = new Headers(typeof headers === 'function' ? await headers() : headers)
  new Headers(options.headers).forEach((value, name) => all.set(name, value))
  all.set('accept', 'text/x-component')
  all.set('errand-action', id)
  try {
    return await fetch(url, { method: 'POST', headers: all, body, signal } as RequestInit)
  } catch (cause) {
    throw connectionError(cause, signal)
  }
}

async function receive(
  id: string,
  response: Response,
  { signal }: CallOptions,
  reference: DecodeOptions['reference'],
): Promise<unknown> {
  const { headers, status, body } = response
  const revalidated = headers.get('errand-revalidated')
  if (revalidated) settings.onRevalidate?.(JSON.parse(revalidated) as Revalidated)

  const redirect = headers.get('errand-redirect')
  if (redirect || headers.has('errand-unknown-action')) {
    body?.cancel().catch(() => {}) // it is not read
    settled.clear() // if the page goes, this call never settles
    return redirect ? follow(redirect, response.url) : unknownAction(id, status)
  }
  if (body && headers.get('content-type')?.startsWith('text/x-component')) {
    const root = await decodeFlight(body, { reference, signal })
    if (root && Object.hasOwn(root, 'a')) return (root as { a: unknown }).a
  } else {
    const { code, message, hint } = Object(await response.json().catch(() => {})) as Record<string, string>
    if (typeof code === 'string') throw new CallError(code, message!, { status, hint })
  }
  throw unexpected(status)
}

/** Which page was last reloaded for an action that its server did not know. */
const RELOADED = 'errand:reloaded'

function unknownAction(id: string, status: number): Promise<never> {
  if (settings.onUnknownAction !== 'reload' || sessionStorage[RELOADED] === id) {
    throw new UnknownActionError(id, status)
  }
  sessionStorage[RELOADED] = id
  location.reload()
  return new Promise(() => {}) // the page is leaving
}

/** `header` is `<status>;<url>`. */
function follow(header: string, base: string): Promise<never> | void {
  const url = header.slice(header.indexOf(';') + 1)
  const target = new URL(url, base || location.href)
  // A redirect of HTTP could not go to `javascript:` either.
  if (!/^https?:$/.test(target.protocol)) {
    throw new CallError('errand::bad-redirect', target.href)
  }
  if (settings.onRedirect) return void settings.onRedirect(url, parseInt(header))
  location.assign(target.href)
  return new Promise(() => {}) // the page is leaving
}
