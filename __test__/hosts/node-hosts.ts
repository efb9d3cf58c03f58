/** Hosts around `node:http`'s own request and response. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

import express, { type NextFunction, type Request, type Response } from 'express'
import express4 from 'express-4'
import fastify, { type FastifyRequest } from 'fastify'
import Koa from 'koa'
import Koa2 from 'koa-2'
import mount from 'koa-mount'

import { bytesOf, handled, type Host, OWN_COOKIE, OWN_HEADER, OWN_VARY, running, seen, USER } from './app.ts'

declare module 'fastify' {
  interface FastifyRequest {
    user: string | undefined
  }
}

function ownHeaders(res: ServerResponse): void {
  res.setHeader(...OWN_HEADER)
  res.setHeader('set-cookie', OWN_COOKIE)
  res.setHeader('vary', OWN_VARY)
}

type WithUser = { user?: unknown }

const plain: Host = {
  name: 'node:http',
  start(handler, { prefix = '' } = {}) {
    const errors: unknown[] = []
    const app = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
      if (req.method === 'GET' && req.url === '/page') return void res.end('the page')
      if (req.method === 'POST' && req.url === '/other') {
        return void res.end(seen(req.headers['content-type'], await bytesOf(req)))
      }
      res.statusCode = 404
      res.end('nothing here')
    }
    const server = createServer((req, res) => {
      ownHeaders(res)
      ;(req as WithUser).user = req.headers[USER]
      const next = (error?: unknown): void => {
        if (error === undefined) return void app(req, res)
        errors.push(error)
        res.statusCode = 418
        res.end(handled(error))
      }
      if (handler && req.url?.startsWith(prefix)) void handler.node(req, res, next)
      else next()
    })
    return running(server, errors)
  },
  userOf: (req: WithUser) => req.user,
}

function expressHost(name: string, create: typeof express): Host {
  return {
    name,
    start(handler, { prefix = '/', before = [] } = {}) {
      const errors: unknown[] = []
      const app = create()
      app.use((req, res, next) => {
        ownHeaders(res)
        ;(req as WithUser).user = req.headers[USER]
        next()
      })
      for (const middleware of before) app.use(middleware as express.RequestHandler)
      if (handler) app.use(prefix, handler.node)
      app.get('/page', (_req, res) => void res.type('text').send('the page'))
      app.post('/other', (req, res, next) => {
        bytesOf(req).then((body) => res.type('text').send(seen(req.headers['content-type'], body)), next)
      })
      app.use((error: unknown, _req: Request, res: Response, _next: NextFunction) => {
        errors.push(error)
        res.status(418).type('text').send(handled(error))
      })
      return running(createServer(app), errors)
    },
    userOf: (req: WithUser) => req.user,
  }
}

export const fastifyHost: Host = {
  name: 'Fastify 5',
  async start(handler, { prefix, before = [] } = {}) {
    const errors: unknown[] = []
    const app = fastify({ forceCloseConnections: true })
    app.decorateRequest('user', undefined)
    app.addHook('onRequest', async (request, reply) => {
      reply.header(...OWN_HEADER).header('set-cookie', OWN_COOKIE).header('vary', OWN_VARY)
      request.user = request.headers[USER] as string | undefined
    })
    for (const plugin of before) await app.register(plugin as Parameters<typeof app.register>[0])
    if (handler) await app.register(handler.fastify, prefix === undefined ? {} : { prefix })
    app.addContentTypeParser('multipart/form-data', (_request, payload, done) => done(null, payload))
    app.get('/page', async () => 'the page')
    app.register(async (scope) => {
      scope.removeAllContentTypeParsers()
      scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
      scope.post('/other', async (request) => seen(request.headers['content-type'], (request.body ?? Buffer.alloc(0)) as Buffer))
    })
    app.setErrorHandler(async (error, _request, reply) => {
      errors.push(error)
      return reply.code(418).send(handled(error))
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    return running(app.server, errors, () => app.close())
  },
  userOf: (request: FastifyRequest) => request.user,
}

function koaHost(name: string, Create: typeof Koa): Host {
  return {
    name,
    start(handler, { prefix, before = [] } = {}) {
      const errors: unknown[] = []
      const app = new Create()
      app.on('error', (error) => errors.push(error))
      app.use(async (ctx, next) => {
        ctx.set(...OWN_HEADER)
        ctx.append('set-cookie', OWN_COOKIE)
        ctx.vary(OWN_VARY)
        ctx.state['user'] = ctx.get(USER) || undefined
        try {
          await next()
        } catch (error) {
          ctx.app.emit('error', error, ctx)
          ctx.status = 418
          ctx.body = handled(error)
        }
      })
      for (const middleware of before) app.use(middleware as Koa.Middleware)
      if (handler) app.use(prefix === undefined ? handler.koa : mount(prefix, handler.koa))
      app.use(async (ctx) => {
        if (ctx.method === 'GET' && ctx.path === '/page') ctx.body = 'the page'
        if (ctx.method === 'POST' && ctx.path === '/other') ctx.body = seen(ctx.get('content-type') || undefined, await bytesOf(ctx.req))
      })
      return running(createServer(app.callback()), errors)
    },
    userOf: (ctx: Koa.Context) => ctx.state['user'],
  }
}

export const express5Host = expressHost('Express 5', express)
export const express4Host = expressHost('Express 4', express4)
export const koa3Host = koaHost('Koa 3', Koa)
export const koa2Host = koaHost('Koa 2', Koa2)

export const nodeHosts: Host[] = [plain, express5Host, express4Host, fastifyHost, koa3Host, koa2Host]
