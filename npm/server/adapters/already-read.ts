/** A body that somebody before us has read: what they left of it is used, where nothing of it was lost. */

import { errandError } from '../../request/context.ts'
import type { Exchange } from '../exchange.ts'

/** What is left of a body. */
export interface Left {
  bytes: Uint8Array | Promise<Uint8Array>
  contentType: string
}

/**
 * What a parser left, as bytes: text and `Buffer`s are, a `FormData` and the list of a call's arguments are written again.
 *
 * @throws `errand::body-consumed` for anything else.
 */
export function leftOf(parsed: unknown, contentType: string): Left {
  if (parsed instanceof Uint8Array) return { bytes: parsed, contentType }
  if (parsed instanceof ArrayBuffer) return { bytes: new Uint8Array(parsed), contentType }
  const isMultipart = /^\s*multipart\//i.test(contentType)
  // The bytes of a file that are no text would have become this.
  const isDamaged = isMultipart && typeof parsed === 'string' && parsed.includes('\ufffd')
  if (typeof parsed === 'string' && !isDamaged) return { bytes: Buffer.from(parsed), contentType }
  if (Array.isArray(parsed) && !isMultipart) return { bytes: Buffer.from(JSON.stringify(parsed)), contentType }
  if (parsed instanceof FormData) {
    const written = new Response(parsed)
    return { bytes: written.arrayBuffer().then((bytes) => new Uint8Array(bytes)), contentType: written.headers.get('content-type')! }
  }
  throw consumed(isMultipart)
}

/** Whose parser it was can only be told from what it takes. */
export function consumed(isMultipart: boolean): Error {
  const whose = isMultipart
    ? 'a parser of multipart/form-data (multer, koa-body, express.text for any type)'
    : 'something'
  return errandError(
    'errand::body-consumed',
    `${whose} read the call's body before Errand did, and left nothing of it that can be used: mount Errand before it, or ` +
      'mount it only on the routes that need it',
  )
}

/** `exchange`, whose body is what `parsed` says. */
export function alreadyRead(exchange: Exchange, parsed: unknown): Exchange {
  return new AlreadyRead(exchange, parsed)
}

class AlreadyRead implements Exchange {
  readonly method: string
  readonly url: string
  readonly host: unknown
  readonly #exchange: Exchange
  readonly #parsed: unknown
  #left: Left | undefined

  constructor(exchange: Exchange, parsed: unknown) {
    this.method = exchange.method
    this.url = exchange.url
    this.host = exchange.host
    this.#exchange = exchange
    this.#parsed = parsed
  }

  header(name: string): string | undefined {
    if (!(this.#parsed instanceof FormData)) return this.#exchange.header(name)
    if (name === 'content-length') return undefined // it is written again, by another boundary
    return name === 'content-type' ? this.#found().contentType : this.#exchange.header(name)
  }

  get cookie(): string | undefined {
    return this.#exchange.cookie
  }

  peer(): string | undefined {
    return this.#exchange.peer()
  }

  async body(limit: number): Promise<Uint8Array | null> {
    const bytes = await this.#found().bytes
    return bytes.byteLength > limit ? null : bytes
  }

  async *chunks(): AsyncGenerator<Uint8Array, void> {
    yield await this.#found().bytes
  }

  async bodyIf(isOurs: (bytes: Uint8Array) => boolean): Promise<Uint8Array | 'other'> {
    return isOurs(namesIn(this.#parsed)) ? this.#found().bytes : 'other'
  }

  request(): Request {
    return this.#exchange.request()
  }

  headers(): Headers {
    return this.#exchange.headers()
  }

  signal(): AbortSignal {
    return this.#exchange.signal()
  }

  #found(): Left {
    return (this.#left ??= leftOf(this.#parsed, this.#exchange.header('content-type') ?? ''))
  }
}

/** What tells whose form it is: bytes as they came, or the names of the fields as a multipart body writes them. */
function namesIn(parsed: unknown): Uint8Array {
  if (parsed instanceof Uint8Array) return parsed
  if (parsed instanceof ArrayBuffer) return new Uint8Array(parsed)
  if (typeof parsed === 'string') return Buffer.from(parsed)
  const names = parsed instanceof FormData ? [...parsed.keys()] : Object.keys(parsed ?? {})
  return Buffer.from(names.map((name) => `name="${name}"`).join('\n'))
}
