/** An answer in the terms of frameworks that send it themselves. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { ReadableStream as NodeStream } from 'node:stream/web'

import type { Answer } from '../exchange.ts'
import { drain } from './draining.ts'
import { varyOf } from './merging.ts'
import { lengthOf } from './node.ts'

export interface Framed {
  /** Name and value, beside those that are set. */
  headers(known: (name: string) => unknown): Iterable<[string, string]>
  body: string | Buffer | Readable | null
}

export function framed(answer: Answer, req: IncomingMessage, res: ServerResponse): Framed {
  const { closed, body } = answer
  if (closed) {
    if (res.closed) closed()
    else res.once('close', closed)
  }
  const drained = drain(req)
  return {
    *headers(known) {
      for (let at = 0; at + 1 < answer.headers.length; at += 2) {
        const [name, value] = [answer.headers[at]!, answer.headers[at + 1]!]
        yield [name, name === 'vary' ? varyOf(known(name), value) : value]
      }
      if (!drained) return
      yield ['connection', 'close']
      if (!(body instanceof ReadableStream)) yield ['content-length', String(lengthOf(body))]
    },
    body: drained ? Readable.from(lingering(body, drained), { objectMode: false }) : asNode(body),
  }
}

function asNode(body: Answer['body']): Framed['body'] {
  if (body instanceof ReadableStream) return fromWeb(body)
  return body instanceof Uint8Array ? Buffer.from(body.buffer, body.byteOffset, body.byteLength) : body
}

/** The answer at once, its end when the sender has come to its own. */
async function* lingering(body: Answer['body'], drained: Promise<void>): AsyncGenerator<Uint8Array, void> {
  if (body instanceof ReadableStream) yield* fromWeb(body)
  else if (body !== null) yield Buffer.from(body)
  await drained
}

function fromWeb(body: ReadableStream<Uint8Array>): Readable {
  return Readable.fromWeb(body as NodeStream) // the same, but for TypeScript
}
