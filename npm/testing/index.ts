/** `errand/testing`: an action, called through the whole pipeline of a handler, without a socket. */

import { decodeResult } from '../client/decode.ts'
import { CallError, unexpected, UnknownActionError } from '../client/errors.ts'
import { encodeReply } from '../client/reply.ts'

/** What is needed of `createHandler`'s result. */
export interface FetchHandler {
  fetch(request: Request): Promise<Response | null>
}

/** An action by its id, or as compiled code has it. */
export type ActionReference = string | (((...args: any[]) => unknown) & { $$id?: string; $$bound?: unknown[] | null }) // its arguments are its own

export interface CallActionOptions {
  /** The page that calls. Default: `http://localhost/`. */
  url?: string
  /** Sent with the call; an `origin` other than the page's makes it a foreign one. */
  headers?: HeadersInit
  /** What the visitor's browser holds. */
  cookies?: Record<string, string>
  /** Aborts as a visitor does who leaves. */
  signal?: AbortSignal
}

/** How a call ended, as its browser would see it. */
export interface CalledAction<Result = unknown> {
  status: number
  /** What the action returned. */
  result: Result | undefined
  /** Why there is no result: an `ActionError`, a redacted error, or a `CallError` with the code of a refusal. */
  error: unknown
  /** Where the action redirected to. */
  redirect: { url: string; status: number } | undefined
  /** What it invalidated. */
  revalidated: { paths: string[]; tags: string[] }
  /** Cookies that it set, by name; `null` for those that it deleted. Their flags are in `headers`. */
  cookies: Record<string, string | null>
  headers: Headers
}

/**
 * Calls `action` as a browser would: arguments are encoded, the request is guarded, decoded and answered by `handler`, and
 * the answer is decoded. It never rejects for what the action does: that is in what it resolves to.
 */
export async function callAction<Result = unknown>(
  handler: FetchHandler,
  action: ActionReference,
  args: unknown[] = [],
  options: CallActionOptions = {},
): Promise<CalledAction<Result>> {
  const [id, bound] = typeof action === 'string' ? [action, null] : [action.$$id, action.$$bound]
  if (id === undefined) throw new TypeError('callAction: the function is not an action: its module was not compiled')
  const body = await encodeReply([...(bound ?? []), ...args], options.signal ? { signal: options.signal } : {})
  const response = await handler.fetch(requestOf(id, body, options))
  if (!response) throw new TypeError('callAction: the handler passed the call on')

  const { status, headers } = response
  const location = headers.get('errand-redirect')
  const [redirectStatus = '', ...url] = location?.split(';') ?? []
  const called: CalledAction<Result> = {
    status,
    result: undefined,
    error: undefined,
    redirect: location === null ? undefined : { url: url.join(';'), status: Number(redirectStatus) },
    revalidated: JSON.parse(headers.get('errand-revalidated') ?? '{"paths":[],"tags":[]}') as CalledAction['revalidated'],
    cookies: Object.fromEntries(headers.getSetCookie().map(readCookie)),
    headers,
  }
  try {
    called.result = (await read(id, response)) as Result
  } catch (error) {
    called.error = error
  }
  return called
}

function requestOf(id: string, body: string | FormData, options: CallActionOptions): Request {
  const { url = 'http://localhost/', cookies = {}, signal } = options
  const headers = new Headers({ origin: new URL(url).origin, accept: 'text/x-component', 'errand-action': id })
  const held = Object.entries(cookies).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  if (held.length > 0) headers.set('cookie', held.join('; '))
  new Headers(options.headers).forEach((value, name) => headers.set(name, value))
  return new Request(url, { method: 'POST', headers, body, signal: signal ?? null })
}

async function read(id: string, response: Response): Promise<unknown> {
  const { status, headers, body } = response
  if (headers.has('errand-unknown-action')) throw new UnknownActionError(id, status)
  if (body && headers.get('content-type')?.startsWith('text/x-component')) {
    const root = await decodeResult(body)
    if (root && Object.hasOwn(root, 'a')) return (root as { a: unknown }).a
    throw unexpected(status)
  }
  const { code, message, hint } = ((await response.json().catch(() => null)) ?? {}) as Record<string, string>
  throw typeof code === 'string' ? new CallError(code, message!, { status, hint }) : unexpected(status)
}

function readCookie(header: string): [string, string | null] {
  const [pair = '', ...flags] = header.split(';')
  const at = pair.indexOf('=')
  const isDeleted = flags.some((flag) => /^\s*max-age=0\s*$/i.test(flag))
  return [pair.slice(0, at), isDeleted ? null : decodeURIComponent(pair.slice(at + 1))]
}
