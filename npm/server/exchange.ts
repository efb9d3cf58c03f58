/** A request and its answer as the pipeline sees them, whichever host they belong to. */

import type { Arrived, ArrivingCall } from '../native/index.ts'
import type { RequestFacts } from '../request/context.ts'

/** One request. Nothing of it is read, or made, before it is asked for. */
export interface Exchange extends RequestFacts {
  readonly method: string
  /** Path and query as the visitor asked for them. */
  readonly url: string
  header(name: string): string | undefined
  /** The body, where the host knows already that it is plain: the arguments as JSON. */
  readonly plain?: string | undefined
  /** The address of the connection's other end, where the host knows it. */
  peer(): string | undefined
  /** Reads the whole body, or gives `null` once it has more than `limit` bytes. */
  body(limit: number): Promise<Uint8Array | null>
  /** What `call` makes of the body, where the host hands it over by itself; it is then neither pushed to nor ended. */
  decoded?(call: ArrivingCall): AsyncIterable<Arrived> | undefined
  /** The body as it arrives. Whoever stops early leaves the rest unread. */
  chunks(): AsyncIterable<Chunk>
  /**
   * Reads the body until `isOurs` says so of its bytes: then all of it if all is there, else what has come and what comes.
   * What is not ours, or not within `limit` bytes, is left to be read by whoever comes next: `'other'`.
   */
  bodyIf(isOurs: (bytes: Uint8Array) => boolean, limit: number): Promise<Uint8Array | AsyncIterable<Chunk> | 'other'>
  /** A Fetch `Request` without a body, made when asked for. */
  request(): Request
  /** Aborts when whoever asked is gone before the answer was; made when asked for. */
  signal(): AbortSignal
}

/** Bytes that have come, perhaps in several pieces. */
export type Chunk = Uint8Array | Uint8Array[]

/** One answer. */
export interface Answer {
  status: number
  /** Flat: name, value, name, value. `set-cookie` may occur more than once. Not to be changed: many answers share one list. */
  headers: string[]
  body: Body
  /** To be called once the answer was sent, or nobody is there to get it. */
  closed?: () => void
}

/** Answers what is ours; `null` for the rest. */
export type Respond = (exchange: Exchange) => Promise<Answer | null> | Answer | null

export type Body = string | Uint8Array | ReadableStream<Uint8Array> | null

/** Turns an answer into what Fetch hosts send. */
export function toResponse(answer: Answer): Response {
  const headers = new Headers()
  for (let at = 0; at + 1 < answer.headers.length; at += 2) {
    headers.append(answer.headers[at]!, answer.headers[at + 1]!)
  }
  const { closed, body } = answer
  // A host sends what is whole when it gets to it; nobody says when that was.
  const sent = closed ? closing(body, () => setImmediate(closed)) : body
  // TypeScript's DOM types want a view on an ArrayBuffer; ours never are on shared memory.
  return new Response(sent as BodyInit | null, { status: answer.status, headers })
}

/** The opposite; a body stays a stream. */
export function fromResponse(response: Response): Answer {
  const headers: string[] = []
  response.headers.forEach((value, name) => {
    if (name !== 'set-cookie') headers.push(name, value)
  })
  for (const cookie of response.headers.getSetCookie()) headers.push('set-cookie', cookie)
  return { status: response.status, headers, body: response.body }
}

/** `body`, and `close` when it has been sent, or at once if it needs nothing more. */
export function closing(body: Body, close: () => void): Body {
  if (!(body instanceof ReadableStream)) {
    close()
    return body
  }
  const reader = body.getReader()
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read()
          if (!done) return controller.enqueue(value)
          controller.close()
        } catch (error) {
          controller.error(error)
        }
        close()
      },
      cancel(reason) {
        close()
        return reader.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
}
