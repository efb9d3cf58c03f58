/** Cookies of a request, and those that its action sets. */

import { parse, serialize, type SerializeOptions } from 'cookie'

export type CookieOptions = SerializeOptions

export interface Cookie {
  name: string
  value: string
}

/** Reads see earlier writes of the same request; writes become `set-cookie` headers. */
export class CookieJar {
  readonly #request: { readonly cookie: string | undefined }
  #read: Map<string, string> | undefined
  #written: Map<string, string> | undefined

  constructor(request: { readonly cookie: string | undefined }) {
    this.#request = request
  }

  get size(): number {
    return this.#values.size
  }

  get(name: string): Cookie | undefined {
    const value = this.#values.get(name)
    return value === undefined ? undefined : { name, value }
  }

  getAll(name?: string): Cookie[] {
    const all = [...this.#values].map(([name, value]) => ({ name, value }))
    return name === undefined ? all : all.filter((cookie) => cookie.name === name)
  }

  has(name: string): boolean {
    return this.#values.has(name)
  }

  set(name: string, value: string, options: CookieOptions = {}): void {
    this.#writing.set(this.#slot(name, options), serialize(name, value, { path: '/', ...options }))
    this.#values.set(name, value)
  }

  delete(name: string, options: Pick<CookieOptions, 'path' | 'domain'> = {}): void {
    const gone = { path: '/', ...options, expires: new Date(0), maxAge: 0 }
    this.#writing.set(this.#slot(name, options), serialize(name, '', gone))
    this.#values.delete(name)
  }

  /** Values for `set-cookie`, one header each. */
  get setCookies(): string[] {
    return this.#written ? [...this.#written.values()] : []
  }

  get isChanged(): boolean {
    return this.#written !== undefined
  }

  /** The request's `cookie` header as it would be with what was written. */
  toString(): string {
    return [...this.#values].map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('; ')
  }

  get #values(): Map<string, string> {
    return (this.#read ??= new Map(
      Object.entries(parse(this.#request.cookie ?? '')).filter((entry): entry is [string, string] => entry[1] !== undefined),
    ))
  }

  get #writing(): Map<string, string> {
    return (this.#written ??= new Map())
  }

  /** Cookies of the same name under another path or domain are other cookies. */
  #slot(name: string, { path = '/', domain = '' }: CookieOptions): string {
    return `${name};${domain};${path}`
  }
}
