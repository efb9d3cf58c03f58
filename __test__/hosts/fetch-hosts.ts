/** Hosts around a Fetch `Request`. */

import type { Server } from 'node:http'

import { createAdaptorServer } from '@hono/node-server'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { serve } from 'srvx'

import { type App, type AppOptions, handled, type Host, OWN_COOKIE, OWN_HEADER, OWN_VARY, running, seen, USER } from './app.ts'
import type { Handler } from 'errand/server'

type Fetch = (request: Request) => Response | Promise<Response>

async function srvxServer(fetch: Fetch, errors: unknown[]): Promise<App> {
  const server = serve({ fetch, port: 0, hostname: '127.0.0.1', silent: true })
  await server.ready()
  return running(server.node!.server as Server, errors, () => server.close(true))
}

function honoApp(handler: Handler | null, errors: unknown[], { prefix, before = [] }: AppOptions = {}) {
  const app = new Hono<{ Variables: { user: string | undefined } }>()
  app.use(async (c, next) => {
    c.header(...OWN_HEADER)
    c.header('set-cookie', OWN_COOKIE, { append: true })
    c.header('vary', OWN_VARY)
    c.set('user', c.req.header(USER))
    await next()
  })
  for (const middleware of before) app.use(middleware as MiddlewareHandler)
  if (handler) app.use(prefix === undefined ? '*' : `${prefix}/*`, handler.hono)
  app.get('/page', (c) => c.text('the page'))
  app.post('/other', async (c) => c.text(seen(c.req.header('content-type'), new Uint8Array(await c.req.arrayBuffer()))))
  app.onError((error, c) => {
    errors.push(error)
    return c.text(handled(error), 418)
  })
  return app
}

const userOf = (c: Context<{ Variables: { user: string | undefined } }>): unknown => c.get('user')

export const honoHost: Host = {
  name: 'Hono 4 on @hono/node-server',
  start(handler, options) {
    const errors: unknown[] = []
    const { fetch } = honoApp(handler, errors, options)
    return running(createAdaptorServer({ fetch, overrideGlobalObjects: false }) as Server, errors)
  },
  userOf,
}

const honoFetch: Host = {
  name: 'Hono 4 through its fetch',
  start(handler, options) {
    const errors: unknown[] = []
    const app = honoApp(handler, errors, options)
    return srvxServer((request) => app.fetch(request), errors)
  },
  userOf,
}

/** `handler.fetch` as anybody mounts it who has a `Request` and wants a `Response`. */
const plain: Host = {
  name: 'fetch on srvx',
  start(handler, { prefix = '', before = [] } = {}) {
    const errors: unknown[] = []
    const app = async (request: Request): Promise<Response> => {
      const { pathname } = new URL(request.url)
      if (request.method === 'GET' && pathname === '/page') return new Response('the page')
      if (request.method === 'POST' && pathname === '/other') {
        return new Response(seen(request.headers.get('content-type') ?? undefined, new Uint8Array(await request.arrayBuffer())))
      }
      return new Response('nothing here', { status: 404 })
    }
    const all = async (request: Request): Promise<Response> => {
      for (const first of before) await (first as (request: Request) => unknown)(request)
      const isThere = new URL(request.url).pathname.startsWith(prefix)
      const host = { request, user: request.headers.get(USER) ?? undefined }
      return (isThere && (await handler?.fetch(request, { host }))) || app(request)
    }
    return srvxServer(async (request) => {
      let response: Response
      try {
        response = await all(request)
      } catch (error) {
        errors.push(error)
        response = new Response(handled(error), { status: 418 })
      }
      response.headers.set(...OWN_HEADER)
      response.headers.append('set-cookie', OWN_COOKIE)
      response.headers.append('vary', OWN_VARY)
      return response
    }, errors)
  },
  userOf: (host: { user: unknown }) => host.user,
}

export const plainFetchHost = plain

export const fetchHosts: Host[] = [honoHost, honoFetch, plain]
