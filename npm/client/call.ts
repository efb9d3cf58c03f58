import { settings, type Revalidated } from './configure.ts'
import { CallError, unexpected, UnknownActionError } from './errors.ts'
import { decodeFlight, type DecodeOptions } from './flight.ts'
import { encodeReply } from './reply.ts'

/** The options of one call, or of all calls of one reference. */
export interface CallOptions {
  /** Aborts the call; it then rejects with the signal's reason, and the action sees the abort too. */
  signal?: AbortSignal
  /** Sent in addition to those of `configure`. */
  headers?: HeadersInit
}

/** The call before this one, if calls are made in order. It never rejects. */
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
  const body = encodeReply(args)
  const run = async (): Promise<unknown> => receive(id, await send(id, await body, options), options, reference)
  if (settings.concurrency !== 'serial') return run()
  const turn = previous.then(run)
  previous = turn.catch(() => {})
  body.catch(() => {}) // it is reported when its turn comes
  return turn
}

async function send(id: string, body: string | FormData, { signal, headers }: CallOptions): Promise<Response> {
  const { fetch = globalThis.fetch, headers: common } = settings
  const all = new Headers(typeof common === 'function' ? await common() : common)
  new Headers(headers).forEach((value, name) => all.set(name, value))
  all.set('accept', 'text/x-component')
  all.set('errand-action', id)
  const url = settings.url ?? here()
  const init: RequestInit = { method: 'POST', headers: all, body }
  try {
    return await fetch(url, signal ? { ...init, signal } : init)
  } catch (cause) {
    if (signal?.aborted) throw cause
    throw new CallError('errand::network', 'The server could not be reached', { cause })
  }
}

async function receive(
  id: string,
  response: Response,
  { signal }: CallOptions,
  reference: DecodeOptions['reference'],
): Promise<unknown> {
  const { headers, status, body } = response
  if (headers.has('errand-unknown-action')) {
    discard(response)
    return unknownAction(id, status)
  }

  const revalidated = headers.get('errand-revalidated')
  if (revalidated) settings.onRevalidate?.(JSON.parse(revalidated) as Revalidated)

  const redirect = headers.get('errand-redirect')
  if (redirect) {
    discard(response)
    return follow(redirect, response.url)
  }

  const type = headers.get('content-type') ?? ''
  if (!body || !type.startsWith('text/x-component')) throw await refusal(response, type)
  const root = await decodeFlight(body, { reference, signal })
  if (typeof root !== 'object' || root === null || !Object.hasOwn(root, 'a')) throw await refusal(response, '')
  return (root as { a: unknown }).a
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
  const at = header.indexOf(';')
  const url = header.slice(at + 1)
  const target = new URL(url, base || here())
  // A redirect of HTTP could not go to `javascript:` either.
  if (!/^https?:$/.test(target.protocol)) {
    throw new CallError('errand::bad-redirect', `The action redirects to a ${target.protocol} URL`)
  }
  if (settings.onRedirect) {
    settings.onRedirect(url, Number(header.slice(0, at)))
    return undefined
  }
  location.assign(target.href)
  return new Promise(() => {}) // the page is leaving
}

/** Why the server, or something before it, refused the call. */
async function refusal(response: Response, type: string): Promise<CallError> {
  const { status } = response
  if (type.startsWith('application/json')) {
    const { code, message, hint } = ((await response.json().catch(() => null)) ?? {}) as Record<string, unknown>
    if (typeof code === 'string') return new CallError(code, String(message ?? code), { status, hint: hint as string })
  }
  discard(response)
  return unexpected(status)
}

/** Lets the connection go without reading what is left. */
function discard(response: Response): void {
  response.body?.cancel().catch(() => {})
}

/** The page that the user is on, which the server renders again if the action asks for it. */
function here(): string {
  return location.href.replace(/#.*/s, '')
}
