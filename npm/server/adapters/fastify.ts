/** Fastify: a plugin that answers what is ours before a route is asked, and before a body is read. */

import type { IncomingMessage, ServerResponse } from 'node:http'

import type { Respond } from '../exchange.ts'
import { framed } from './framed.ts'
import { fromNode } from './node.ts'

/** What is needed of Fastify's `request`. */
interface Request {
  readonly raw: IncomingMessage
  readonly originalUrl: string
}

/** What is needed of its `reply`. */
interface Reply {
  readonly raw: ServerResponse
  code(status: number): unknown
  header(name: string, value: string): unknown
  getHeader(name: string): unknown
  send(body?: unknown): unknown
}

/** What `register` takes. */
export interface FastifyPlugin {
  // Fastify's own types are far wider than what is needed of them, and differ from version to version.
  (instance: { addHook(name: any, hook: any): unknown }, options: { prefix?: string }, done: (error?: Error) => void): void
}

/**
 * The hook stands in the application itself, not in a scope of its own: a call goes to the page that it is made on, whatever
 * route is there. Other hooks of the kind that were added before have run; `onSend` hooks see the answer.
 */
export function fastifyPlugin(respond: Respond): FastifyPlugin {
  const plugin: FastifyPlugin = (instance, { prefix = '' }, done) => {
    instance.addHook('onRequest', async (request: Request, reply: Reply) => {
      const url = request.originalUrl
      if (!isUnder(prefix, url)) return
      const answer = await respond(fromNode(request.raw, reply.raw, { host: request, url }))
      if (!answer) return
      const { headers, body } = framed(answer, request.raw, reply.raw)
      reply.code(answer.status)
      for (const [name, value] of headers((known) => reply.getHeader(known))) reply.header(name, value)
      reply.send(body ?? undefined)
      return reply
    })
    done()
  }
  // What the package `fastify-plugin` does: it is all that there is to it.
  return Object.assign(plugin, {
    [Symbol.for('skip-override')]: true,
    [Symbol.for('fastify.display-name')]: 'errand',
    [Symbol.for('plugin-meta')]: { name: 'errand', fastify: '5.x' },
  })
}

function isUnder(prefix: string, url: string): boolean {
  const folder = prefix.endsWith('/') ? prefix.slice(0, -1) : prefix
  return url.startsWith(folder) && (folder === '' || ['/', '?', undefined].includes(url[folder.length]))
}
