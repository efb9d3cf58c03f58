/** The server of an `app/` folder: every request comes in here. */

import { type ActionTable, createHandler, type Handler, type Next } from 'errand/server'
import type { IncomingMessage, ServerResponse } from 'node:http'

import './ambient.ts'
import { type AppModule, hostOptions, routes } from './modules.ts'
import { isFlightRequest, renderPage, renderer } from './render.ts'
import { matchRoute, placeOf } from './routes.ts'

type Page = ReturnType<Handler['page']>

interface Host {
  actions: unknown
  handler: Handler
  /** By the module of a page: as HTML and as Flight, cached apart. */
  pages: WeakMap<AppModule, { html: Page; flight: Page }>
}

export default {
  async fetch(request: Request): Promise<Response> {
    const now = await host()
    const answer = request.method === 'POST' ? await now.handler.fetch(request) : null
    if (answer) return answer
    if (!isRead(request.method)) return new Response('Method Not Allowed', { status: 405, headers: ALLOW })
    return (await pageFor(now, new URL(request.url).pathname, request.headers.get('accept')))(request)
  },

  /** The same for `node:http`, Express and Connect. */
  async node(req: IncomingMessage, res: ServerResponse, next?: Next): Promise<void> {
    const now = await host()
    if (req.method === 'POST' && (await isAnswered(now.handler, req, res))) return
    if (!isRead(req.method)) return void res.writeHead(405, ALLOW).end('Method Not Allowed')
    await (await pageFor(now, req.url ?? '/', req.headers.accept))(req, res, next)
  },

  async close(): Promise<void> {
    await current?.handler.close()
  },
}

const ALLOW = { allow: 'GET, HEAD' }

function isRead(method: string | undefined): boolean {
  return method === 'GET' || method === 'HEAD'
}

/** Whether the handler took the request for a call and answered it. */
function isAnswered(handler: Handler, req: IncomingMessage, res: ServerResponse): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const passedOn = (error?: unknown): void => (error === undefined ? resolve(false) : reject(error))
    handler.node(req, res, passedOn).then(() => resolve(true), reject)
  })
}

let current: Host | undefined

/** The host of the action table as it is now: in development an edit makes a new table. */
async function host(): Promise<Host> {
  const { default: actions } = await import('errand/actions')
  if (current?.actions !== actions) {
    current = { actions, handler: createHandler({ ...hostOptions, actions, renderer }), pages: new WeakMap() }
    if (import.meta.env.PROD) preload(actions)
  }
  return current
}

/**
 * Loads every page and action now: the first visitor of each needn't wait for it, and a new deployment may replace the
 * files under a server that still runs. What can't be loaded is reported when it is asked for.
 */
function preload(actions: ActionTable): void {
  const pages = routes.flatMap(({ page, folders }) => [page, ...folders.flatMap((folder) => Object.values(folder))])
  for (const load of [...pages, ...Object.values(actions)]) {
    if (typeof load === 'function') void Promise.resolve(load()).catch(() => {})
  }
  void import.meta.viteRsc.loadModule('ssr', 'index').catch(() => {})
}

/** Stands for the module of an address that has no page. */
const nowhere = {} as AppModule

/** The page handler for `url`, with what the page's file says about caching. */
async function pageFor({ handler, pages }: Host, url: string, accept: string | null | undefined): Promise<Page> {
  const match = matchRoute(routes, url.split('?', 1)[0]!)
  const module = (await match?.route.page()) ?? nowhere
  let found = pages.get(module)
  if (!found) {
    const life = lifeOf(module)
    const render = life.revalidate === undefined ? renderPage : renderShared
    const options = { ...life, ...(match && { route: placeOf(match.route) }) }
    found = {
      html: handler.page(render, { ...options, negotiated: ['accept'] }),
      flight: handler.page(render, { ...options, vary: ['accept'] }),
    }
    pages.set(module, found)
  }
  return isFlightRequest(accept) ? found.flight : found.html
}

/** What many will see must not end because the first of them has left, nor say that it is for one. */
async function renderShared({ url, headers }: Request): Promise<Response> {
  const { status, body, headers: head } = await renderPage(new Request(url, { headers }))
  const shared = new Headers(head)
  shared.delete('cache-control')
  return new Response(body, { status, headers: shared })
}

function lifeOf({ revalidate, tags = [], dynamic }: AppModule): { tags?: string[]; revalidate?: number } {
  const isKept = typeof revalidate === 'number' && revalidate > 0 && dynamic !== 'force-dynamic'
  // In development a page is new each time: its code may be.
  return isKept && !import.meta.env.DEV ? { tags, revalidate } : {}
}

// Not awaited: the table's chunk may import this one.
if (import.meta.env.PROD) host().catch((error: unknown) => console.error('errand: the app could not be loaded\n', error))

import.meta.hot?.accept()
