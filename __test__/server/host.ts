/** A real server around a handler, and calls to it as a browser sends them. */

import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import process from 'node:process'

import { encodeReply } from 'errand'
import { createHandler, type Handler, type HandlerOptions } from 'errand/server'

export interface Sent {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

export interface Running {
  handler: Handler
  url: string
  port: number
  /** Sends a request over a real socket. */
  send(options: { method?: string; path?: string; headers?: Record<string, string>; body?: Uint8Array | string }): Promise<Sent>
  /** Calls an action as the browser does. */
  call(id: string, args: unknown[], headers?: Record<string, string>): Promise<Sent>
  close(): Promise<void>
}

/** By which server {@link serve} serves: `node:http` unless a suite is run once more by another. */
const BY = 'ERRAND_TEST_SERVER'

/** Runs suites of this folder with `handler.listen` in place of `handler.node`; to be called before they are imported. */
export function serveByListener(): void {
  process.env[BY] = 'listen'
}

/** Serves a handler; what isn't its own is answered 404 with the body's length. */
export async function serve(options: HandlerOptions): Promise<Running> {
  const handler = createHandler({ onError: () => {}, ...options })
  const { port, close } = process.env[BY] === 'listen' ? await listening(handler) : await served(handler)
  const send: Running['send'] = ({ method = 'POST', path = '/', headers = {}, body = '' }) =>
    new Promise((resolve, reject) => {
      const request = httpRequest({ port, host: '127.0.0.1', method, path, headers, agent: false }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(chunks).toString(),
          }),
        )
      })
      request.on('error', reject)
      if (method !== 'GET') request.setHeader('content-length', Buffer.byteLength(body))
      request.end(body)
    })
  return {
    handler,
    url: `http://127.0.0.1:${port}`,
    port,
    send,
    async call(id, args, headers = {}) {
      const { body, contentType } = await wireBody(await encodeReply(args))
      return send({
        headers: { 'content-type': contentType, accept: 'text/x-component', 'errand-action': id, ...headers },
        body,
      })
    },
    async close() {
      close()
      await handler.close()
    },
  }
}

interface Served {
  port: number
  close(): void
}

async function served(handler: Handler): Promise<Served> {
  const server = createServer((req, res) => {
    void handler.node(req, res, () => {
      let bytes = 0
      req.on('data', (chunk: Buffer) => (bytes += chunk.length))
      req.on('end', () => {
        res.statusCode = 404
        res.end(`passed on with ${bytes} bytes`)
      })
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = (): void => {
    server.close()
    server.closeAllConnections()
  }
  return { port: (server.address() as AddressInfo).port, close }
}

async function listening(handler: Handler): Promise<Served> {
  const passedOn = async (request: Request): Promise<Response> => {
    let bytes = 0
    for await (const chunk of request.body ?? []) bytes += (chunk as Uint8Array).length
    return new Response(`passed on with ${bytes} bytes`, { status: 404 })
  }
  const { port } = await handler.listen({ host: '127.0.0.1', fetch: passedOn, graceMs: 0 })
  return { port, close: () => {} }
}

/** What fetch makes of a reply: its bytes and its content type. */
export async function wireBody(reply: string | FormData): Promise<{ body: Uint8Array; contentType: string }> {
  const sent = new Response(reply)
  return { body: new Uint8Array(await sent.arrayBuffer()), contentType: sent.headers.get('content-type') ?? '' }
}
