/**
 * A visitor sees what they did, whichever process answers next.
 *
 * A cache that several machines share knows an invalidation everywhere within moments, but the visitor's next request may
 * be quicker. So the answer to an action carries the newest mark that it made, in a cookie, and whoever gets that cookie
 * first waits until it knows the mark too.
 */

import type { Cache } from './cache.ts'
import type { Exchange } from './exchange.ts'

const NAME = 'errand-seen'
/** Later everybody knows, or nobody can be asked. */
const LONGEST_SECONDS = 60
const COOKIE = new RegExp(`(?:^|;\\s*)${NAME}=(\\d{1,16})(?:;|$)`)

/** The cookie for what was invalidated up to `tick`; `null` if there is nothing to tell. */
export function seenCookie(cache: Cache, tick: number): string | null {
  if (!cache.isShared || tick === 0) return null
  return `${NAME}=${tick}; Path=/; Max-Age=${LONGEST_SECONDS}; HttpOnly; SameSite=Lax`
}

/** Waits for what the visitor did elsewhere; `undefined` where there is nothing to wait for, as nearly always. */
export function catchUp(cache: Cache, exchange: Exchange): Promise<void> | undefined {
  if (!cache.isShared) return undefined
  const tick = COOKIE.exec(exchange.cookie ?? '')?.[1]
  // A cache that can't be asked must not stop what can do without it.
  return tick === undefined ? undefined : cache.catchUp(Number(tick)).catch(() => {})
}
