/**
 * A server as a process of its own, so that its memory is its own: `node:http` around `handler.node`, or `handler.listen`.
 * Says its port; then measures itself for each message.
 */

import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

import { createHandler } from 'errand/server'

/** What the test is told of a server. */
export interface Measured {
  memoryBytes: number
  /** The most that there ever was. */
  peakBytes: number
  temporaryFiles: number
}

const temporary = mkdtempSync(join(tmpdir(), 'large-upload-'))
process.env['TMPDIR'] = temporary
const stored = (): number => readdirSync(temporary).length

const handler = createHandler({
  actions: {
    /** Reads a file as it should be read: piece by piece. */
    digest: () => async (file: File) => {
      const hash = createHash('sha256')
      for await (const chunk of file.stream()) hash.update(chunk)
      return [file.size, hash.digest('hex'), stored()]
    },
  },
  limits: { file: '4gb' },
  secret: 'only-for-this-test',
})

async function listen(): Promise<number> {
  if (process.argv[2] === 'listen') return (await handler.listen({ host: '127.0.0.1' })).port
  const server = createServer((req, res) => void handler.node(req, res))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

process.on('message', () => {
  const memoryBytes = process.memoryUsage.rss()
  const peakBytes = process.resourceUsage().maxRSS * 1024
  process.send?.({ memoryBytes, peakBytes, temporaryFiles: stored() } satisfies Measured)
})
process.on('disconnect', () => {
  rmSync(temporary, { recursive: true, force: true })
  process.exit()
})

process.send?.(await listen())
