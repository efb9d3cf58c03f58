/** `errand/server`: the host of actions in a server of your own. */

import type { IncomingMessage, ServerResponse } from 'node:http'

import { errandError } from '../request/context.ts'
import { fastifyPlugin, type FastifyPlugin } from './adapters/fastify.ts'
import { type FetchOptions, fromRequest } from './adapters/fetch.ts'
import { type HonoMiddleware, honoMiddleware } from './adapters/hono.ts'
import { type KoaMiddleware, koaMiddleware } from './adapters/koa.ts'
import { listen, type Listening, type ListenOptions, type Server } from './adapters/listen.ts'
import { fromNode, type NodeRequest, sendToNode } from './adapters/node.ts'
import type { Cache } from './cache.ts'
import { type Answer, type Exchange, type Respond, toResponse } from './exchange.ts'
import { setHostOfProcess } from './host.ts'
import { type HandlerOptions, resolveOptions } from './options.ts'
import { answerPage, cachedPage, type PageOptions, type RenderPage } from './page.ts'
import { answer, createPipeline } from './pipeline/index.ts'
import { catchUp } from './seen.ts'

export { ActionError } from '../client/errors.ts'
export { after } from '../request/after.ts'
export { action } from './action.ts'
export type { ActionOptions } from './action.ts'
export type { ActionLoader, ActionTable, Manifest } from './actions.ts'
export { Cache } from './cache.ts'
export type { CachedOptions, CacheLife, CacheOptions, CacheStats, EntryOptions, Explanation, Invalidated } from './cache.ts'
export type { FastifyPlugin } from './adapters/fastify.ts'
export type { FetchOptions } from './adapters/fetch.ts'
export type { HonoContext, HonoMiddleware } from './adapters/hono.ts'
export type { KoaContext, KoaMiddleware } from './adapters/koa.ts'
export type { ActionPolicy, Limits } from '../../index.d.ts'
export type { ListenOptions, Server } from './adapters/listen.ts'
export type { ListenedRequest } from './adapters/listened.ts'
export type { Call, Guard, HandlerOptions, Middleware, Renderer } from './options.ts'
export type { InputIssue, InputOf, InputSchema, OutputOf, StandardSchema } from './input.ts'
export type { CallEvent, Outcome, Telemetry } from './observe/index.ts'
export type { PageOptions, RenderPage } from './page.ts'

/** What comes after us in `node:http` style servers; called with an error when ours failed. */
export type Next = (error?: unknown) => void

/** A page as a handler for either kind of host. */
export interface Page {
  (request: Request): Promise<Response>
  (req: IncomingMessage, res: ServerResponse, next?: Next): Promise<void>
}

export interface Handler {
  /** Answers a call, or a page that the cache holds; `null` for anything else, whose body is then unread. */
  fetch(request: Request, options?: FetchOptions): Promise<Response | null>
  /**
   * Middleware for `node:http`, Express and Connect. What isn't ours goes to `next`, its body unread; without `next`
   * it is answered 404.
   */
  node(req: IncomingMessage, res: ServerResponse, next?: Next): Promise<void>
  /**
   * A server of its own, HTTP/1.1 and HTTP/2, on threads of its own: refusals and pages that the cache holds never reach
   * JavaScript.
   *
   * @throws (rejects) `errand::bad-option`, or `errand::not-listening` where the address can't be had.
   */
  listen(options?: ListenOptions): Promise<Server>
  /** A plugin for Fastify: `app.register(handler.fastify)`, with a `prefix` for the pages below it only. */
  readonly fastify: FastifyPlugin
  /** Middleware for Koa. */
  readonly koa: KoaMiddleware
  /** Middleware for Hono. */
  readonly hono: HonoMiddleware
  /** A page for GET requests whose response is kept under its path, for `revalidate` seconds if given. */
  page(render: RenderPage, options?: PageOptions): Page
  /** Settles when calls can be answered: at once, or when the function given for `secret` has answered. */
  readonly ready: Promise<void>
  /**
   * Counters in Prometheus's text format, for `text/plain; version=0.0.4`.
   *
   * @throws `errand::bad-option` without `metrics: true`.
   */
  metrics(): string
  /** The cache of this handler. */
  readonly cache: Cache
  /** Closes the servers of `listen`, then waits for what still runs in the background. */
  close(): Promise<void>
}

/**
 * The host of a table of actions. Functions of the handler are bound: pass them around freely.
 *
 * @throws `errand::bad-option` or `errand::bad-manifest` with what to change.
 */
export function createHandler(options: HandlerOptions): Handler {
  const settings = resolveOptions(options)
  const pipeline = createPipeline(settings)
  const { cache } = settings
  setHostOfProcess(pipeline.host, settings.table, pipeline.secrets)
  const servers = new Set<Listening>()
  let hasPages = false

  const respondNow: Respond = (exchange) =>
    exchange.method === 'POST' ? answer(pipeline, exchange) : hasPages ? cachedPage(cache, exchange) : null
  const respond: Respond = (exchange) =>
    catchUp(cache, exchange)?.then(() => respondNow(exchange)) ?? respondNow(exchange)

  return {
    get ready() {
      return pipeline.secrets?.ready ?? Promise.resolve()
    },
    cache,
    metrics() {
      const text = pipeline.observer.metrics(cache.stats())
      if (text === undefined) throw errandError('errand::bad-option', 'metrics: nothing is counted without `metrics: true`')
      return text
    },
    async fetch(request, fetchOptions) {
      const answer = await respond(fromRequest(request, fetchOptions))
      return answer && toResponse(answer)
    },
    node: (req, res, next) => serve(req, res, next, respond),
    fastify: fastifyPlugin(respond),
    koa: koaMiddleware(respond),
    hono: honoMiddleware(respond),
    async listen(listenOptions = {}) {
      const server = listen(pipeline, listenOptions, () => servers.delete(server))
      servers.add(server)
      if (hasPages) server.expectPages()
      return server
    },
    page(render, pageOptions = {}) {
      if (pageOptions.revalidate !== undefined) {
        hasPages = true
        for (const server of servers) server.expectPages()
      }
      const show = async (exchange: Exchange): Promise<Answer> => {
        const starting = pipeline.secrets?.ready
        if (starting) await starting
        await catchUp(cache, exchange)
        return answerPage(cache, exchange, render, pageOptions)
      }
      const page = async (first: Request | IncomingMessage, res?: ServerResponse, next?: Next): Promise<unknown> =>
        res === undefined
          ? toResponse(await show(fromRequest(first as Request)))
          : serve(first as IncomingMessage, res, next, show)
      return page as Page
    },
    async close() {
      await Promise.all([...servers].map((server) => server.close()))
      while (pipeline.pending.size > 0) await Promise.all(pipeline.pending)
      await cache.close()
    },
  }
}

/** One request of a Node server. Nothing thrown on the way may end the process. */
function serve(req: NodeRequest, res: ServerResponse, next: Next | undefined, respond: Respond): Promise<void> {
  const end = (answer: Answer | null): void | Promise<void> => {
    if (answer?.closed) {
      if (res.closed) answer.closed()
      else res.once('close', answer.closed)
    }
    if (answer) return sendToNode(answer, req, res)
    if (next) return next()
    return sendToNode({ status: 404, headers: ['content-type', 'text/plain'], body: 'Not Found' }, req, res)
  }
  const fail = (error: unknown): void | Promise<void> => {
    if (req.destroyed && !req.complete) return // nobody is left to answer
    if (next) return next(error)
    console.error('errand: a request failed\n', error)
    return end({ status: 500, headers: ['content-type', 'text/plain'], body: 'Internal Server Error' })
  }
  try {
    const found = respond(fromNode(req, res))
    return found instanceof Promise ? found.then(end, fail) : settled(() => end(found))
  } catch (error) {
    return settled(() => fail(error))
  }
}

async function settled(work: () => void | Promise<void>): Promise<void> {
  return work()
}
