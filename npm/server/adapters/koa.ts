/** Koa: a middleware that answers through `ctx`, so that those around it see the answer. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'

import type { Respond } from '../exchange.ts'
import { framed } from './framed.ts'
import { fromNode } from './node.ts'

/** What is needed of Koa's `ctx`. */
export interface KoaContext {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly originalUrl: string
  readonly request: object
  status: number
  body: unknown
  set(name: string, value: string): unknown
  append(name: string, value: string): unknown
}

/** What `app.use` takes. */
export type KoaMiddleware = (ctx: KoaContext, next: () => Promise<unknown>) => Promise<void>

export function koaMiddleware(respond: Respond): KoaMiddleware {
  return async (ctx, next) => {
    const { req, res, originalUrl: url } = ctx
    const { rawBody, body: parsed } = ctx.request as { rawBody?: unknown; body?: unknown } // where parsers put it
    const answer = await respond(fromNode(req, res, { host: ctx, url, parsed: rawBody ?? parsed }))
    if (!answer) return void (await next())
    const { headers, body } = framed(answer, req, res)
    ctx.status = answer.status
    ctx.body = body instanceof Readable ? closing(body, res) : (body ?? '')
    for (const [name, value] of headers((known) => res.getHeader(known))) {
      if (name === 'set-cookie') ctx.append(name, value)
      else ctx.set(name, value)
    }
  }
}

/** Koa 2 only reports what a stream throws, and leaves the visitor waiting. */
function closing(body: Readable, res: ServerResponse): Readable {
  return body.once('error', () => res.destroy())
}
