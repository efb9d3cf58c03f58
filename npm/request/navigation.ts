/**
 * `errand/navigation`: control flow that leaves an action or a page.
 *
 * Each function throws. The errors carry Next.js's digests, so that helpers and error boundaries written for it
 * keep working. Nothing here needs Node: client code may import it too.
 */

/** How a redirect enters the browser's history. */
export const RedirectType = { push: 'push', replace: 'replace' } as const
export type RedirectType = (typeof RedirectType)[keyof typeof RedirectType]

/** What `redirect` throws. */
export interface RedirectError extends Error {
  digest: string
}

/**
 * Sends the visitor to `url`: a path, relative or absolute. A form gets 303; a fetch call gets the target in the
 * header `errand-redirect`. Cookies set before it are kept. A `catch` around it in the action can't undo it.
 */
export function redirect(url: string, type: RedirectType = RedirectType.push): never {
  throw redirectError(url, type, 307)
}

/** As {@link redirect}, for an address that has moved for ever (308). */
export function permanentRedirect(url: string, type: RedirectType = RedirectType.replace): never {
  throw redirectError(url, type, 308)
}

/** Shows the nearest not-found page, with status 404. */
export function notFound(): never {
  throw fallbackError(404)
}

/** Says that the visitor may not do this: status 403. */
export function forbidden(): never {
  throw fallbackError(403)
}

/** Says that the visitor has to sign in: status 401. */
export function unauthorized(): never {
  throw fallbackError(401)
}

const REDIRECT = 'NEXT_REDIRECT'
const FALLBACK = 'NEXT_HTTP_ERROR_FALLBACK'

function redirectError(url: string, type: RedirectType, status: number): RedirectError {
  const error = Object.assign(new Error(REDIRECT), { digest: `${REDIRECT};${type};${url};${status};` })
  const context = storage()?.getStore()
  if (context) context.redirect = error
  return error
}

/** What the action's context is kept in; without the import of Node's, for browsers have none. */
function storage(): { getStore(): { redirect: unknown } | undefined } | undefined {
  return (globalThis as { [key: symbol]: ReturnType<typeof storage> })[Symbol.for('errand.request')]
}

function fallbackError(status: number): Error {
  const digest = `${FALLBACK};${status}`
  return Object.assign(new Error(digest), { digest })
}

/** What an error of this module asks for; `null` for any other error. */
export function navigationOf(
  error: unknown,
): { redirect: string; type: RedirectType; permanent: boolean } | { status: number } | null {
  const digest = error instanceof Error && 'digest' in error ? error.digest : undefined
  if (typeof digest !== 'string') return null
  const [kind, ...rest] = digest.split(';')
  if (kind === FALLBACK) return { status: Number(rest[0]) }
  if (kind !== REDIRECT) return null
  // The address may hold semicolons itself: it is all between the type and the status.
  return {
    type: rest[0] === RedirectType.replace ? RedirectType.replace : RedirectType.push,
    redirect: rest.slice(1, -2).join(';'),
    permanent: rest.at(-2) === '308',
  }
}
