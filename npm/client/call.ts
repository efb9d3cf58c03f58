import { quiet } from '../values/live.ts'
import { settings, type Revalidated } from './configure.ts'
import { CallError, connectionError, unexpected, UnknownActionError } from './errors.ts'
import { decodeFlight, type DecodeOptions } from './flight.ts'
import { encodeReply } from './reply.ts'

/** The options of one call, or of all calls of one reference. */
export interface CallOptions {
  /** Aborts the call; it then rejects with the signal's reason, and the action sees the abort too. */
  signal?: AbortSignal
  /** Sent in addition to those of `configure`. */
  headers?: HeadersInit
}

/** The call before this one. */
let previous: Promise<unknown> = Promise.resolve()

/**
 * Calls the action `id` on the server and gives its result.
 *
 * Arguments are read now, even if the call has to wait for its turn.
 */
export function call(
  id: string,
  args: unknown[],
  options: CallOptions,
  reference: DecodeOptions['reference'],
): Promise<unknown> {
  const body = quiet(encodeReply(args, options))
  const run = async (): Promise<unknown> => receive(id, await send(id, await body, options), options, reference)
  return (previous = settings.concurrency === 'serial' ? previous.then(run, run) : run())
}

async function send(id: string, body: string | FormData, { signal, headers }: CallOptions): Promise<Response> {
  const { fetch = globalThis.fetch, headers: common } = settings
  const all = new Headers(typeof common === 'function' ? await common() : common)
  new Headers(headers).forEach((value, name) => all.set(name, value))
  all.set('accept', 'text/x-component')
  all.set('errand-action', id)
  // By default the page that the user is on, which the server renders again if the action asks for it.
  const url = settings.url ?? location.href // no hash is sent
  try {
    return await fetch(url, { method: 'POST', headers: all, body, signal: signal ?? null })
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

  const isUnknown = headers.has('errand-unknown-action')
  const redirect = headers.get('errand-redirect')
  const isRows = headers.get('content-type')?.startsWith('text/x-component')
  if (body && isRows && !isUnknown && !redirect) {
    const root = await decodeFlight(body, { reference, signal })
    if (root && Object.hasOwn(root, 'a')) return (root as { a: unknown }).a
  } else if (!isUnknown && !redirect) {
    const { code, message, hint } = ((await response.json().catch(() => null)) ?? {}) as Record<string, string>
    if (typeof code === 'string') throw new CallError(code, message!, { status, hint })
  }
  body?.cancel().catch(() => {}) // what is left is not read
  if (isUnknown) return unknownAction(id, status)
  if (redirect) return follow(redirect, response.url)
  throw unexpected(status)
}

/** Which page was last reloaded for an action that its server did not know. */
const RELOADED = 'errand:reloaded'

function unknownAction(id: string, status: number): Promise<never> {
  if (settings.onUnknownAction !== 'reload' || sessionStorage.getItem(RELOADED) === id) {
    throw new UnknownActionError(id, status)
  }
  sessionStorage.setItem(RELOADED, id)
  location.reload()
  return new Promise(() => {}) // the page is leaving
}

/** `header` is `<status>;<url>`. */
function follow(header: string, base: string): Promise<never> | undefined {
  const url = header.slice(header.indexOf(';') + 1)
  const target = new URL(url, base || location.href)
  // A redirect of HTTP could not go to `javascript:` either.
  if (!/^https?:$/.test(target.protocol)) {
    throw new CallError('errand::bad-redirect', `Redirected to ${target.protocol}`)
  }
  if (settings.onRedirect) {
    settings.onRedirect(url, parseInt(header))
    return undefined
  }
  location.assign(target.href)
  return new Promise(() => {}) // the page is leaving
}
