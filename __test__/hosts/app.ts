/** What all hosts of the suite have in common: a small app of the user's, in which Errand is mounted. */

import { createHash } from 'node:crypto'
import type { AddressInfo, Server } from 'node:net'

import type { Handler } from 'errand/server'

/** The user's middleware that stands before Errand in the app; what it is depends on the host. */
export type Before = unknown

export interface AppOptions {
  /** Where Errand is mounted; nothing is the root. */
  prefix?: string
  /** What else stands before Errand. */
  before?: Before[]
}

/** An app that runs. */
export interface App {
  url: string
  port: number
  /** What the app's own error handler saw. */
  errors: unknown[]
  close(): Promise<void>
}

/**
 * A framework. Its app says who the user is (`x-user`), names a header, a cookie and a `Vary` of its own on each answer,
 * has `GET /page` and `POST /other` and answers what goes wrong with 418. Without `handler` it is the app as it was.
 */
export interface Host {
  name: string
  start(handler: Handler | null, options?: AppOptions): Promise<App>
  /** Who the app says that the user is, by what `hostRequest()` gives. */
  userOf(host: any): unknown // each host has its own
}

export const USER = 'x-user'
export const OWN_HEADER = ['x-app', 'mine'] as const
export const OWN_COOKIE = 'before=1; Path=/'
export const OWN_VARY = 'Origin'

/** What `POST /other` answers: all that came, to the byte. */
export function seen(type: string | undefined, body: Uint8Array): string {
  const kind = type?.split(';')[0] ?? 'nothing'
  return `${kind} ${body.byteLength} ${createHash('sha256').update(body).digest('hex')}`
}

/** What its error handler answers. */
export function handled(error: unknown): string {
  return `handled ${(error as { code?: string }).code ?? (error as Error).message}`
}

/** An app around a server of Node's. */
export async function running(server: Server, errors: unknown[], close?: () => Promise<void>): Promise<App> {
  if (!server.listening) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    errors,
    async close() {
      ;(server as { closeAllConnections?: () => void }).closeAllConnections?.()
      await (close?.() ?? new Promise<void>((resolve) => server.close(() => resolve())))
    },
  }
}

export async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}
