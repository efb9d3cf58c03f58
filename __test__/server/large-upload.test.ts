/** One large file through one action: its bytes arrive, and the server's memory stays. `BYTES=1073741824` for 1 GB. */

import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import process from 'node:process'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { decodeResult } from 'errand'

import type { Measured } from './large-upload-server.ts'

const MB = 1 << 20
const BYTES = Number(process.env['BYTES'] ?? 192 * MB)
const MOST = 64 * MB
const BOUNDARY = 'b0undary'

const part = (name: string, content: string, rest = ''): string =>
  `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${rest}\r\n\r\n${content}`

/** Sends `bytes` bytes that are made on the way; gives what the action answers, and what it should. */
async function upload(port: number, bytes: number): Promise<{ answer: unknown; expected: unknown }> {
  const request = httpRequest({
    port,
    host: '127.0.0.1',
    method: 'POST',
    headers: { 'errand-action': 'digest', 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
  })
  const answered = once(request, 'response') as Promise<[IncomingMessage]>
  request.write(part('1', '', '; filename="large.bin"\r\nContent-Type: application/octet-stream'))
  const hash = createHash('sha256')
  for (let sent = 0; sent < bytes; sent += MB) {
    const chunk = new Uint8Array(Math.min(MB, bytes - sent)).fill(sent / MB)
    new DataView(chunk.buffer).setUint32(0, sent / MB) // no two pieces alike
    hash.update(chunk)
    if (!request.write(chunk)) await once(request, 'drain')
  }
  request.end(`\r\n${part('0', '["$B1"]')}\r\n--${BOUNDARY}--\r\n`)
  const [response] = await answered
  // What a response's web stream holds is bytes.
  const { a: answer } = (await decodeResult(Readable.toWeb(response) as ReadableStream<Uint8Array>)) as { a: unknown }
  return { answer: await answer, expected: [bytes, hash.digest('hex'), 1] }
}

for (const kind of ['node:http', 'listen']) {
  test(`a large file grows no memory, and leaves nothing: ${kind}`, { skip: process.platform === 'win32' }, async (t) => {
    const server = fork(fileURLToPath(new URL('large-upload-server.ts', import.meta.url)), [kind])
    t.after(() => server.disconnect())
    const [port] = (await once(server, 'message')) as [number]
    const measured = async (): Promise<Measured> => {
      server.send('measure')
      const [told] = (await once(server, 'message')) as [Measured]
      return told
    }
    await upload(port, 8 * MB) // warm
    const before = await measured()
    const { answer, expected } = await upload(port, BYTES)
    assert.deepEqual(answer, expected)
    const grown = (await measured()).peakBytes - before.memoryBytes
    t.diagnostic(`${BYTES / MB} MB, and ${Math.round(grown / MB)} MB of memory`)
    assert.ok(grown < MOST, `grew by ${Math.round(grown / MB)} MB`)
    while ((await measured()).temporaryFiles > 0) await sleep(5)
  })
}
