/** `errand start`: the files of `dist/client`, and the app for everything else. */

import { existsSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'

import sirv from 'sirv'

import { fail } from './failure.ts'

/** What `entry.rsc` exports. */
interface App {
  node(req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void): Promise<void>
  close(): Promise<void>
}

export async function start(build: string): Promise<void> {
  const folder = resolve(build)
  const entry = join(folder, 'rsc', 'index.js')
  if (!existsSync(entry)) fail(`there is no ${join(build, 'rsc', 'index.js')} here`, 'run `vite build` first')
  process.env['NODE_ENV'] ??= 'production' // React and the app read it when they are loaded

  const { default: app } = (await import(pathToFileURL(entry).href)) as { default: App }
  const files = publicFiles(join(folder, 'client'))
  const server = createServer((req, res) => {
    files(req, res, () => {
      app.node(req, res, (error) => fallback(res, error)).catch((error: unknown) => fallback(res, error))
    })
  })
  await listen(server)
  stopOnSignal(server, app)
}

/** Names with a hash never change; the rest is asked for again each time. */
function publicFiles(folder: string): ReturnType<typeof sirv> {
  return sirv(folder, {
    etag: true,
    dotfiles: false,
    setHeaders(res, pathname) {
      const hashed = pathname.startsWith('/assets/')
      res.setHeader('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'public, max-age=0, must-revalidate')
      res.setHeader('x-content-type-options', 'nosniff')
    },
  })
}

function fallback(res: ServerResponse, error: unknown): void {
  if (error !== undefined) console.error('errand: a request failed\n', error)
  if (res.headersSent) return void res.destroy()
  res.writeHead(error === undefined ? 404 : 500, { 'content-type': 'text/plain; charset=utf-8' })
  res.end(error === undefined ? 'Not Found' : 'Internal Server Error')
}

function listen(server: Server): Promise<void> {
  const port = Number(process.env['PORT'] ?? 3000)
  const host = process.env['HOST']
  if (!Number.isInteger(port) || port < 0 || port > 65535) fail('PORT must be a number from 0 to 65535', 'for example PORT=3000')
  return new Promise((done) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE'
        ? fail(`port ${port} is taken`, 'say another one: PORT=3001 errand start')
        : fail(error.message, 'check PORT and HOST'),
    )
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      const { port } = server.address() as AddressInfo // of a server on a port
      process.stdout.write(`listening on http://${host ?? 'localhost'}:${port}\n`)
      done()
    })
  })
}

/** How long answers that have begun may still take. */
const LONGEST_END_MS = 10_000

function stopOnSignal(server: Server, app: App): void {
  const stop = (): void => {
    const timer = setTimeout(() => process.exit(1), LONGEST_END_MS)
    timer.unref()
    server.close(() => void app.close().finally(() => process.exit(0)))
    server.closeIdleConnections()
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
}
