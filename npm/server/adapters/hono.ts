/** Hono: a middleware around the request that its server gave, whichever that is. */

import type { Answer, Respond } from '../exchange.ts'
import { toResponse } from '../exchange.ts'
import { alreadyRead } from './already-read.ts'
import { fromRequest } from './fetch.ts'
import { varyOf } from './merging.ts'

/** What is needed of Hono's `c`. */
export interface HonoContext {
  readonly req: { readonly raw: Request; readonly bodyCache: object }
  readonly env: unknown
  get res(): Response
  set res(response: Response | undefined)
  newResponse(body: any, init: { status?: any; headers?: Headers }): Response // Hono's types for these are narrower
}

/** What `app.use` takes. */
export type HonoMiddleware = (c: HonoContext, next: () => Promise<void>) => Promise<void>

export function honoMiddleware(respond: Respond): HonoMiddleware {
  return async (c, next) => {
    const exchange = fromRequest(c.req.raw, { host: c, peer: peerOf(c) })
    const [parsed] = await Promise.all(kept(c))
    const answer = await respond(parsed === undefined ? exchange : alreadyRead(exchange, parsed))
    if (!answer) return next()
    const response = merged(c, answer)
    // What is set is merged with what was set before, cookies excepted; `merged` has done that, with cookies.
    c.res = undefined
    c.res = response
  }
}

/** The body, if a middleware has read it through `c.req`: Hono keeps it as it was read. The most exact first. */
function kept(c: HonoContext): unknown[] {
  const cache = c.req.bodyCache as Record<string, unknown>
  return ['arrayBuffer', 'blob', 'formData', 'text', 'json'].flatMap((kind) => {
    const found = cache[kind]
    if (found === undefined) return []
    return kind === 'blob' ? Promise.resolve(found as Blob).then((blob) => blob.arrayBuffer()) : found
  })
}

function merged(c: HonoContext, answer: Answer): Response {
  const { status, headers, body } = toResponse(answer)
  const vary = headers.get('vary')
  if (vary !== null) headers.set('vary', varyOf(c.res.headers.get('vary') ?? [], vary))
  return c.newResponse(body, { status, headers })
}

/** `@hono/node-server` says it, others don't. */
function peerOf({ env }: HonoContext): string | undefined {
  const { incoming } = (env ?? {}) as { incoming?: { socket?: { remoteAddress?: string } } }
  return incoming?.socket?.remoteAddress
}
