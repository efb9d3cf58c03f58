import { isPlain, VIEWS } from '../values/kinds.ts'
import { feed, quiet, type Feed } from '../values/live.ts'
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
 * The promise settles as soon as the root has arrived with all that it holds, while promises in it settle, and streams and
 * async iterables in it can be read, as the rest arrives. Refused, as rejections of what holds them: React elements and
 * client modules (`errand::unsupported-result`). A failure of the server is an `Error` with its `digest`, or an
 * `ActionError`.
 *
 * @throws CallError (the promise rejects) `errand::connection-closed`, `errand::network`,
 * `errand::unexpected-response`, `errand::unsupported-result`
 */
export function decodeFlight(
  stream: ReadableStream<Uint8Array>,
  { reference, signal }: DecodeOptions,
): Promise<unknown> {
  const slots = new Map<string, Slot>()
  const reader = stream.getReader()
  const answer: Answer = {
    reference,
    open: new Set(),
    reader,
    slot(id) {
      const slot = slots.get(id) ?? new Slot(answer)
      slots.set(id, slot)
      return slot
    },
    fills: [],
    end: quiet(readRows(reader, (id, tag, body) => answer.slot(id).accept(tag, body), signal)),
  }
  return answer.slot('0').promise()
}

/** What the slots of one answer share. */
interface Answer {
  reference: DecodeOptions['reference']
  /** @param id hexadecimal */
  slot(id: string): Slot
  /** Whoever may wait for a row. */
  open: Set<Slot>
  /** Of the rows. */
  reader: ReadableStreamDefaultReader
  /** Put the items into Maps and the like, when all holes are filled. */
  fills: (() => void)[]
  /** Rejects when no row will follow: whatever waits for one then fails with it. */
  end: Promise<never>
}

/** Something with properties that another row may fill. */
type Holder = Record<string, any> // what rows say

/** What stands in a parsed tree where another row fills it. */
class Hole {
  /** Gives what belongs here. */
  declare fill: () => unknown

  constructor(fill: () => unknown) {
    this.fill = fill
  }
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/**
 * The place of one id: a row, becoming a value.
 *
 * It is parsed when something asks for it, and linked when all the rows that it needs are there: only then does anyone
 * see it. So the order of rows does not matter, and cycles are nothing special.
 */
class Slot {
  readonly #answer: Answer
  /** What the box holds: nothing, JSON that nobody has asked for, a tree with holes, all that there is, or an error. */
  #state: 'absent' | 'text' | 'parsed' | 'linked' | 'failed' = 'absent'
  /** The value is under a key, so that it can be a hole like any other. */
  readonly #box: Holder = {}
  readonly #holes: [holder: Holder, key: string, target: Slot][] = []
  /** What the row is for, if it matters: a reference (`h`), an Error (`Z`), an item of a stream (`+`). */
  #kind = ''
  /** The function of a server reference: one, however many point here. */
  #reference: unknown
  #promise: Promise<unknown> | undefined
  /** Takes the rows that follow, while this is an open stream. */
  #feed: Feed | undefined
  #arrive!: () => void
  readonly #arrival = new Promise<void>((resolve) => (this.#arrive = resolve))

  constructor(answer: Answer) {
    this.#answer = answer
    answer.open.add(this)
  }


  /** Takes one row. What it throws ends the whole answer. */
  accept(tag: string, body: Uint8Array<ArrayBuffer>): void {
    // Hints and what a development server tells its tools; a row without content never settles.
    if ('HNDJW'.includes(tag) && (tag || !body.length)) return
    if (this.#feed) this.#event(this.#feed, tag, body)
    else if (this.#state !== 'absent' || tag === 'C') throw unexpected()
    else if (/[RrXx]/.test(tag)) this.#open(tag)
    else this.#receive(tag, body)
  }

  #open(kind: string): void {
    const { end, open, reader } = this.#answer
    const opened = (this.#feed = feed(kind, () => {
      open.delete(this)
      if (!open.size) reader.cancel().catch(() => {}) // nobody waits for more
    }))
    end.catch(() => opened.end(end))
    this.#settle(opened.value)
  }

  /** An item of a stream, or its end. */
  #event(feed: Feed, tag: string, body: Uint8Array<ArrayBuffer>): void {
    const item = new Slot(this.#answer)
    const done = tag === 'C'
    item.#kind = '+'
    item.#receive(tag, body)
    feed.put(quiet(item.#ready().then((value) => ({ done, ...value }))))
    if (done || tag === 'E') {
      feed.end()
      this.#answer.open.delete(this)
      this.#feed = undefined
    }
  }

  /** What a row is, as far as it says so itself. */
  #receive(tag: string, body: Uint8Array<ArrayBuffer>): void {
    this.#answer.open.delete(this)
    try {
      const View = VIEWS[tag]
      const text = View ? '' : decoder.decode(body)
      if (tag === 'A') this.#settle(body.buffer)
      else if (View) this.#settle(new View(body.buffer))
      else if (tag === 'T') this.#settle(text)
      else if (tag === 'E') this.#settle(toError(JSON.parse(text)), 'failed')
      else if (!tag || tag === 'C') this.#settle(text || '"$undefined"', 'text')
      else throw unsupported()
    } catch (error) {
      this.#fail(error) // a length that is no multiple of the element's, or no JSON
    }
  }

  #settle(value: unknown, state: 'text' | 'parsed' | 'linked' | 'failed' = 'linked'): void {
    this.#state = state
    this.#box.value = value
    this.#arrive()
  }

  #fail(error?: unknown): void {
    this.#settle(error instanceof CallError ? error : unexpected(), 'failed')
  }

  /** Settles when all that the value needs has arrived. */
  promise(): Promise<unknown> {
    return (this.#promise ??= quiet(this.#ready().then(({ value }) => value)))
  }

  /** Waits for all that is needed, and links it; gives the value in its box. */
  async #ready(): Promise<{ value: unknown }> {
    await null // not in the middle of linking another slot
    const needed = new Set<Slot>([this])
    for (const slot of needed) {
      // `needed` grows on the way
      if (slot.#state === 'absent') await Promise.race([slot.#arrival, this.#answer.end])
      if (slot.#state === 'text') slot.#parse()
      if (slot.#state === 'failed') throw slot.#box.value
      if (slot.#state === 'parsed') for (const [, , target] of slot.#holes) needed.add(target)
    }
    const fresh = [...needed].filter((slot) => slot.#state === 'parsed')
    try {
      for (const slot of fresh) {
        slot.#state = 'linked'
        slot.#fillAll()
      }
      for (const fill of this.#answer.fills.splice(0)) fill()
    } catch {
      for (const slot of fresh) slot.#fail()
      throw this.#box.value
    }
    return this.#box as { value: unknown }
  }

  #parse(): void {
    try {
      this.#settle(JSON.parse(this.#box.value), 'parsed')
      this.#walk(this.#box, 'value')
    } catch (error) {
      this.#fail(error)
    }
  }

  #walk(holder: Holder, key: string): void {
    const value: unknown = holder[key]
    if (key === '__proto__') delete holder[key]
    else if (typeof value === 'string' && value[0] === '$') put(holder, key, this.#tagged(value, holder, key))
    else if (value instanceof Object) for (const name of Object.keys(value)) this.#walk(value as Holder, name)
  }

  #tagged(text: string, holder: Holder, key: string): unknown {
    if (this.#kind === 'Z' && /^cause|^errors/.test(key)) text = text.slice(1) // escaped twice
    const word = text.slice(1)
    const rest = text.slice(2)
    switch (word[0]) {
      case '$':
        return word
      case 'u':
        return undefined
      case 'N':
      case 'I':
      case '-':
        return Number(word)
      case 'n':
        return BigInt(rest)
      case 'D':
        return new Date(rest)
      case 'S':
        return Symbol.for(rest)
    }
    if (word === 'Z') return toError({})
    let [, kind = '', id, path = ''] = /^([@QWKBhiZ]?)([0-9a-f]{1,8})((?::.*)?)$/s.exec(word) ?? []
    if (!id) throw unsupported()
    const target = this.#answer.slot(id)
    if (kind === '@') {
      // A promise of a promise has the value of that one, and the bound arguments of a reference belong to it.
      if (this.#kind === 'h' ? key !== 'bound' : holder !== this.#box || this.#kind) return target.promise()
      kind = ''
    }
    target.#kind = kind
    this.#holes.push([holder, key, target])
    return new Hole(() => target.#build(kind, path))
  }

  #fillAll(): void {
    for (const [holder, key] of this.#holes) this.#at(holder, key)
  }

  /** What is at `key`, once it is no hole. */
  #at(holder: Holder, key: string): unknown {
    const hole: unknown = holder[key]
    if (hole instanceof Hole) {
      const { fill } = hole
      hole.fill = () => {
        throw unexpected() // it points at itself
      }
      put(holder, key, fill())
    }
    return holder[key]
  }

  /** What `path`, as in `:key:key`, leads to; by the letter of a tag, what is made of it. */
  #build(kind: string, path: string): unknown {
    let value: any = this.#at(this.#box, 'value') // what rows say
    for (const name of path.split(':').slice(1)) {
      if ((!Array.isArray(value) && !isPlain(value)) || !Object.hasOwn(value, name)) throw unexpected()
      value = this.#at(value, name)
    }
    if (/[hZB]/.test(kind)) this.#fillAll()
    switch (kind) {
      case '':
        return value
      case 'Z':
        return toError(value)
      case 'h':
        return (this.#reference ??= this.#answer.reference(value.id, value.bound))
      case 'i':
        return value.values()
      case 'B':
        return new Blob(value.slice(1), { type: value[0] })
    }
    const [it, add]: [any, string] =
      kind === 'Q' ? [new Map(), 'set'] : kind === 'W' ? [new Set(), 'add'] : [new FormData(), 'append']
    this.#answer.fills.push(() => value.forEach((item: any) => it[add](...(kind === 'W' ? [item] : item))))
    return it
  }
}

/** What an `E` row, or the row of an Error value, tells; a production server tells only the digest. */
interface ErrorRow {
  name?: string
  message?: string
  digest?: string
  cause?: unknown
  /** Of an `AggregateError`. */
  errors?: unknown[]
  /** Of an `ActionError`. */
  errand?: { code: string; data: unknown }
}

function toError(row: ErrorRow): Error {
  const { name, message, digest, errors, errand } = row
  const text = message || 'The action failed'
  const error: Error & { digest?: string | undefined; errors?: unknown } = errand
    ? new ActionError(errand.code, errand.data, message || undefined)
    : errors
      ? new AggregateError([], text, row)
      : new Error(text, row)
  if (name) error.name = name
  error.digest = digest
  if (errors) error.errors = errors // not copied: what is in them may still have to be linked
  return error
}

/** Sets a property that exists already, so that no setter can run. */
function put(holder: Holder, key: string, value: unknown): void {
  if (value === undefined && !Array.isArray(holder)) delete holder[key]
  // A function under this name would be called by the first `await` that meets the object.
  else holder[key] = key === 'then' && typeof value === 'function' ? null : value
}

function unsupported(): CallError {
  return new CallError('errand::unsupported-result', 'The answer is not plain data')
}
