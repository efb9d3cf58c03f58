import { VIEWS } from '../values/kinds.ts'
import { ActionError, CallError, unexpected } from './errors.ts'
import { readRows } from './rows.ts'

/** What decoding an answer needs from outside. */
export interface DecodeOptions {
  /** The function that stands for one on the server; `bound` is completed before anyone sees the function. */
  reference(id: string, bound: unknown[] | null): unknown
  /** The signal of the request: what it was aborted with is what the answer's promises reject with. */
  signal?: AbortSignal | undefined
}

/**
 * Reads React's Flight format (19.3.1): data, of a production or a development server.
 *
 * The promise settles as soon as the root has arrived with all that it holds, while promises in it settle as the rest
 * arrives. Refused, as rejections of what holds them: streams and async iterables, React elements, client modules and
 * temporary references (`errand::unsupported-result`). A failure of the server is an `Error` with its `digest`, or an
 * `ActionError`.
 *
 * @throws CallError (the promise rejects) `errand::connection-closed`, `errand::network`,
 * `errand::unexpected-response`, `errand::unsupported-result`
 */
export function decodeFlight(stream: ReadableStream<Uint8Array>, options: DecodeOptions): Promise<unknown> {
  const answer = new Answer(options.reference)
  readRows(stream, (id, tag, body) => answer.accept(id, tag, body)).then(
    () => answer.close(new CallError('errand::connection-closed', 'The answer broke off')),
    (cause: unknown) => {
      if (options.signal?.aborted) answer.close(options.signal.reason)
      else if (cause instanceof CallError) answer.close(cause)
      else answer.close(new CallError('errand::network', 'The connection failed', { cause }))
    },
  )
  return answer.promise(answer.slot(0))
}

/** The place of one id. Its content is kept in an array of one, so that a reference to it is one like any other. */
class Slot {
  /** In the state `text`, the content is the JSON of the value. */
  state: 'absent' | 'text' | 'parsed' | 'linked' | 'failed' = 'absent'
  content: [unknown] = [undefined]
  error: unknown
  holes: Hole[] = []
  /** Rows with this id are of a kind that we don't read, such as a stream's items. */
  isForeign = false
  promise: Promise<unknown> | undefined
  reference: unknown
  readonly waiting: (() => void)[] = []
}

/** A place in a parsed tree that another row fills. */
class Hole {
  /** Set as soon as filling begins; empty until it ends. */
  value: [unknown?] | undefined
  /** `''`: the target itself; else the letter of the tag. */
  kind: string
  readonly target: Slot
  readonly path: string[]
  readonly holder: Holder
  readonly key: string | number

  constructor(kind: string, target: Slot, path: string[], holder: Holder, key: string | number) {
    this.kind = kind
    this.target = target
    this.path = path
    this.holder = holder
    this.key = key
  }
}

type Holder = Record<string | number, unknown>

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/**
 * The rows of one answer, becoming values.
 *
 * A row is parsed when something asks for it, and linked when all the rows that it needs are there: only then does
 * anyone see it. So the order of rows does not matter, and cycles are nothing special.
 */
class Answer {
  readonly #slots = new Map<number, Slot>()
  readonly #reference: DecodeOptions['reference']
  #closed: { error: unknown } | undefined

  constructor(reference: DecodeOptions['reference']) {
    this.#reference = reference
  }

  slot(id: number): Slot {
    let slot = this.#slots.get(id)
    if (!slot) {
      this.#slots.set(id, (slot = new Slot()))
      if (this.#closed) fail(slot, this.#closed.error)
    }
    return slot
  }

  /** Takes one row. What it throws ends the whole answer. */
  accept(id: number, tag: string, body: Uint8Array): void {
    // Hints and what a development server tells its tools; a row without content never settles.
    if ('HNDJW'.includes(tag) && (tag || body.length === 0)) return
    const slot = this.slot(id)
    if (slot.isForeign) return
    if (slot.state !== 'absent') throw unexpected()
    if (tag === '') {
      settle(slot, decoder.decode(body), 'text')
    } else if (tag === 'E') {
      fail(slot, toError(JSON.parse(decoder.decode(body)) as ErrorRow))
    } else if (tag === 'T') {
      settle(slot, decoder.decode(body))
    } else if (tag === 'A') {
      settle(slot, body.slice().buffer)
    } else if (VIEWS[tag]) {
      try {
        settle(slot, new VIEWS[tag](body.slice().buffer))
      } catch {
        fail(slot, unexpected()) // a length that is no multiple of the element's
      }
    } else {
      slot.isForeign = true
      fail(slot, unsupported())
    }
    wake(slot)
  }

  /** No row will follow: whatever waits for one fails with `error`. */
  close(error: unknown): void {
    this.#closed = { error }
    for (const slot of this.#slots.values()) {
      if (slot.state !== 'absent') continue
      fail(slot, error)
      wake(slot)
    }
  }

  /** Settles when all that `slot` needs has arrived. Nobody has to listen to it. */
  promise(slot: Slot): Promise<unknown> {
    if (slot.promise) return slot.promise
    slot.promise = new Promise((resolve, reject) => {
      const attempt = (): void => {
        try {
          const missing = this.#complete(slot)
          if (missing) missing.waiting.push(attempt)
          else resolve(slot.content[0])
        } catch (error) {
          reject(error)
        }
      }
      queueMicrotask(attempt) // not in the middle of linking another slot
    })
    slot.promise.catch(() => {})
    return slot.promise
  }

  /** Links `start` and all that it needs, or gives a slot that has to arrive first. */
  #complete(start: Slot): Slot | undefined {
    const needed = new Set([start])
    for (const slot of needed) {
      // `needed` grows on the way
      if (slot.state === 'absent') return slot
      if (slot.state === 'failed') throw slot.error
      if (slot.state === 'text') this.#parse(slot)
      if (slot.state === 'linked') continue
      for (const hole of slot.holes) {
        if (hole.kind === 'h') this.#needBound(hole.target)
        if (hole.kind !== '@') needed.add(hole.target)
      }
    }
    const fresh = [...needed].filter((slot) => slot.state === 'parsed')
    try {
      const fills: (() => void)[] = []
      for (const slot of fresh) {
        slot.state = 'linked'
        for (const hole of slot.holes) put(hole.holder, hole.key, this.#fill(hole, fills))
      }
      for (const fill of fills) fill()
    } catch (error) {
      for (const slot of fresh) fail(slot, error)
      throw error
    }
    return undefined
  }

  /** The bound arguments of a reference are sent as a promise; here they belong to it. */
  #needBound(slot: Slot): void {
    if (slot.state === 'text') this.#parse(slot)
    const bound = (slot.content[0] as { bound?: unknown } | null | undefined)?.bound
    if (bound instanceof Hole && bound.kind === '@') bound.kind = ''
  }

  #parse(slot: Slot): void {
    try {
      settle(slot, JSON.parse(slot.content[0] as string), 'parsed')
      this.#walk(slot, slot.content as unknown as Holder, 0)
    } catch (error) {
      fail(slot, error instanceof SyntaxError ? unexpected() : error)
      throw slot.error
    }
  }

  #walk(slot: Slot, holder: Holder, key: string | number): void {
    const value = holder[key]
    if (typeof value === 'string') {
      if (value[0] === '$') put(holder, key, this.#tagged(slot, value, holder, key))
    } else if (Array.isArray(value)) {
      for (let at = 0; at < value.length; at++) this.#walk(slot, value as unknown as Holder, at)
    } else if (typeof value === 'object' && value !== null) {
      for (const name of Object.keys(value)) {
        if (name === '__proto__') delete (value as Holder)[name]
        else this.#walk(slot, value as Holder, name)
      }
    }
  }

  #tagged(slot: Slot, text: string, holder: Holder, key: string | number): unknown {
    const rest = text.slice(2)
    switch (text[1]) {
      case '$':
        return text.slice(1)
      case 'u':
        return undefined
      case 'N':
        return NaN
      case 'I':
        return Infinity
      case '-':
        return rest === '0' ? -0 : -Infinity
      case 'n':
        return BigInt(rest)
      case 'D':
        return new Date(rest)
      case 'S':
        return Symbol.for(rest)
      case 'Z':
        if (rest === '') return toError({})
    }
    const [, kind = '', id, path] = /^\$([@QWKBhiZ]?)([0-9a-f]{1,8})(?::(.*))?$/s.exec(text) ?? []
    if (id === undefined) throw unsupported()
    const hole = new Hole(kind, this.slot(parseInt(id, 16)), path?.split(':') ?? [], holder, key)
    slot.holes.push(hole)
    return hole
  }

  /** What belongs into `hole`. Maps and the like are filled by `fills`, when all holes are. */
  #fill(hole: Hole, fills: (() => void)[]): unknown {
    if (hole.value?.length === 0) throw unexpected() // it points at itself
    if (hole.value) return hole.value[0]
    hole.value = []
    const settled = (value: unknown): unknown => (value instanceof Hole ? this.#fill(value, fills) : value)
    let value: unknown
    if (hole.kind === '@') value = this.promise(hole.target)
    else {
      value = settled(hole.target.content[0])
      for (const key of hole.path) {
        if (!isWalkable(value) || !Object.hasOwn(value, key)) throw unexpected()
        value = settled(value[key])
      }
      value = this.#build(hole, value, settled, fills)
    }
    hole.value = [value]
    return value
  }

  #build(hole: Hole, of: unknown, settled: (value: unknown) => unknown, fills: (() => void)[]): unknown {
    if (hole.kind === '') return of
    if (hole.kind === 'Z') return toError(of as ErrorRow)
    if (hole.kind === 'h') {
      const { id, bound } = of as { id: string; bound: unknown }
      return (hole.target.reference ??= this.#reference(id, settled(bound) as unknown[] | null))
    }
    if (!Array.isArray(of)) throw unexpected()
    const items: unknown[] = of
    if (hole.kind === 'i') return items[Symbol.iterator]()
    if (hole.kind === 'B') {
      const [type, ...pieces] = items.map(settled)
      return new Blob(pieces as BlobPart[], { type: type as string })
    }
    const it = hole.kind === 'Q' ? new Map<unknown, unknown>() : hole.kind === 'W' ? new Set<unknown>() : new FormData()
    fills.push(() => {
      for (const item of items) {
        if (it instanceof Set) it.add(item)
        else if (it instanceof Map) it.set(...(item as [unknown, unknown]))
        else it.append(...(item as [string, Blob])) // or a string: `append` takes both
      }
    })
    return it
  }
}

/** What an `E` row, or the row of an Error value, tells; a production server tells only the digest. */
interface ErrorRow {
  name?: string
  message?: string
  digest?: string
  /** Of an `ActionError`. */
  errand?: { code: string; data: unknown }
}

function toError({ name, message, digest, errand }: ErrorRow): Error {
  const error: Error & { digest?: string } = errand
    ? new ActionError(errand.code, errand.data, message || errand.code)
    : new Error(message || 'The action failed on the server')
  if (name && !errand) error.name = name
  if (digest !== undefined) error.digest = digest
  return error
}

/** Sets a property that exists already, so that no setter can run. */
function put(holder: Holder, key: string | number, value: unknown): void {
  if (value === undefined && !Array.isArray(holder)) delete holder[key]
  // A function under this name would be called by the first `await` that meets the object.
  else holder[key] = key === 'then' && typeof value === 'function' ? null : value
}

function isWalkable(value: unknown): value is Holder {
  return Array.isArray(value) || (typeof value === 'object' && !!value && Object.getPrototypeOf(value) === Object.prototype)
}

function settle(slot: Slot, value: unknown, state: Slot['state'] = 'linked'): void {
  slot.state = state
  slot.content = [value]
}

function fail(slot: Slot, error: unknown): void {
  slot.state = 'failed'
  slot.error = error
}

function wake(slot: Slot): void {
  for (const attempt of slot.waiting.splice(0)) attempt()
}

function unsupported(): CallError {
  return new CallError('errand::unsupported-result', 'The answer holds something that only React can read')
}
