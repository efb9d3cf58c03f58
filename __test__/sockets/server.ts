/**
 * A server as a process of its own, so that its handles and its memory are its own: `node:http` around `handler.node`, or
 * `handler.listen`. Says its port; then measures itself for each message.
 */

import { mkdtempSync, readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { createHandler } from 'errand/server'

/** What the suite is told of a server. */
export interface Measured {
  handles: number
  temporaryFiles: number
  /** In megabytes. */
  memory: number
}

/** Patience of a server, in milliseconds. */
export interface Patience {
  headersMs: number
  bodyMs: number
  idleMs: number
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const temporary = mkdtempSync(join(tmpdir(), 'sockets-'))
process.env['TMPDIR'] = temporary

const { kind, patience } = JSON.parse(process.argv[2]!) as { kind: 'listen' | 'node:http'; patience: Patience }
const seen: string[] = []
const handler = createHandler({
  actions: {
    echo: () => async (...args: unknown[]) => args,
    size: () => async (file: File) => file.size,
    where: () => async () => seen.at(-1),
  },
  middleware: [
    (call, next) => {
      seen.push(call.request.url)
      return next()
    },
  ],
  limits: { body: '64kb', file: '4mb' },
  onError: () => {}, // bodies that break off on purpose
})
console.warn = () => {} // and refusals
console.error = () => {}

async function listen(): Promise<number> {
  if (kind === 'listen') return (await handler.listen({ host: '127.0.0.1', maxConnections: 20_000, ...patience })).port
  const server = createServer({ connectionsCheckingInterval: 50 }, (req, res) => void handler.node(req, res))
  server.headersTimeout = patience.headersMs
  server.requestTimeout = patience.headersMs + patience.bodyMs
  server.keepAliveTimeout = patience.idleMs
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 1024, resolve))
  return (server.address() as AddressInfo).port
}

const count = (folder: string): number => readdirSync(folder).length

process.on('message', () => {
  collect()
  const memory = Math.round(process.memoryUsage().rss / 2 ** 20)
  process.send?.({ handles: count('/proc/self/fd'), temporaryFiles: count(temporary), memory } satisfies Measured)
})
process.on('disconnect', () => process.exit())

process.send?.(await listen())
