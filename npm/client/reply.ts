import { child, isPlain, isServerReference, refuse, unsendable, VIEWS, type ServerReferenceFields } from '../values/kinds.ts'

/** What {@link encodeReply} takes beside the value. */
export interface EncodeOptions {
  /** When it aborts, what is there by then is the reply: promises without a value and streams without an end. */
  signal?: AbortSignal
}

/**
 * Writes the arguments of a call in React's reply format (19.3.1): text, or a form where text is not enough.
 *
 * ```ts
 * await encodeReply(['hi', 1n])              // '["hi","$n1"]'
 * await encodeReply([new Set([1])])          // FormData: "1" = [1], "0" = ["$W1"]
 * ```
 *
 * Takes what JSON takes, and `undefined`, `NaN`, `±Infinity`, `-0`, BigInt, Date, Map, Set, FormData, Blob, File,
 * ArrayBuffer and its views, server references, iterables, and objects with a `toJSON`. Promises, streams, and async
 * iterables are sent with all that they will have said: the reply is there when they have ended. An object that occurs
 * twice arrives as one object, and may contain itself. An invalid Date arrives as `null`, as it does with React.
 *
 * @throws (rejects) ErrandError `errand::unserializable`, naming the place, as in `args[0].user.save is a function`; and
 * what a promise or a stream among the arguments fails with
 */
export function encodeReply(args: unknown, { signal }: EncodeOptions = {}): Promise<string | FormData> {
  return new Promise((resolve, reject) => {
    const reply = new Reply(resolve, reject)
    reply.encode(args, 'args')
    const abort = (): void => resolve(reply.body)
    if (signal?.aborted) abort()
    else if (reply.pending) signal?.addEventListener('abort', abort)
  })
}

/**
 * Writes a server reference with its bound arguments as the hidden fields of a form that works without JavaScript: the
 * parts of a reply whose root is `{"id":"…","bound":"$@1"}`, their names beginning with `prefix`.
 *
 * ```ts
 * encodeReference(save.bind(null, 7), '$ACTION_1:')
 * // $ACTION_1:0 = {"id":"…","bound":"$@1"}      $ACTION_1:1 = [7]
 * ```
 *
 * @param reference bound; an unbound one is named by its id alone
 * @throws ErrandError `errand::unserializable`, naming the place, as in `action.$$bound[0] is a function`; what comes later
 * cannot wait in a form
 */
export function encodeReference(reference: ServerReferenceFields, prefix: string): FormData {
  const nobody = (): void => {}
  const reply = new Reply(nobody, nobody)
  reply.encode(reference, 'action')
  const parts = reply.body as FormData
  if (reply.pending > 0) refuse(Promise.resolve(), 'A bound argument of an action')
  // As an argument it is a part of its own, and the root, `"$h2"`, points there.
  const root = `${parseInt((parts.get('0') as string).slice(3), 16)}`
  const form = new FormData()
  form.append(`${prefix}0`, parts.get(root)!)
  for (const [name, part] of parts) {
    if (name !== '0' && name !== root) form.append(prefix + name, part as Blob) // or a string: `append` takes both
  }
  return form
}

/** Where an object is: as the reply refers to it (`$0:0:user`; `''` if it can't), and as we tell it. */
interface Place {
  name: string
  path: string
}

/** What can be said later, or in a loop. */
interface Live {
  then?: unknown
  [Symbol.iterator]?(): Iterable<unknown>
  [Symbol.asyncIterator]?(): AsyncIterator<unknown>
}

/** What a value is written as: items, bytes, entries, text, or all that it will have said. */
type Content = unknown[] | Blob | FormData | string | ((id: number) => Promise<void>)

/** One reply being written. Ids count parts: decimal as names of parts, hexadecimal in `$` tags. */
class Reply {
  declare body: string | FormData
  /** How much is not written yet: the root, promises, streams. */
  pending = 1
  #lastId = 0
  #form: FormData | undefined
  /** Where objects were met. */
  readonly #places = new Map<unknown, Place>()
  readonly #resolve: (body: string | FormData) => void
  readonly #reject: (error: unknown) => void

  constructor(resolve: (body: string | FormData) => void, reject: (error: unknown) => void) {
    this.#resolve = resolve
    this.#reject = reject
  }

  encode(root: unknown, path: string): void {
    const text = this.#text(root, { name: '$0', path })
    this.#form?.append('0', text)
    this.body = this.#form ?? text
    this.#written()
  }

  /** One of what was pending is there. */
  #written(): void {
    if (--this.pending === 0) this.#resolve(this.body)
  }

  /** The JSON of `root`, which is at `place`. */
  #text(root: unknown, place: Place): string {
    const reply = this
    return JSON.stringify(root, function (this: Record<string, unknown>, key: string, json: unknown): unknown {
      const own = this[key]
      if (own instanceof Date) return json && `$D${json as string}`
      // What an object wants to be in JSON, except where the reply has a better word.
      const value = typeof own !== 'object' || ArrayBuffer.isView(own) ? own : json
      switch (typeof value) {
        case 'string':
          return value[0] === '$' ? `$${value}` : value
        case 'number':
          return Object.is(value, -0) ? '$-0' : Number.isFinite(value) ? value : `$${value}`
        case 'bigint':
          return `$n${value}`
        case 'undefined':
          return '$undefined'
      }
      if (!value || value === true) return value
      const outer = reply.#places.get(this)
      return reply.#model(value as object, outer ? inside(outer, Array.isArray(this) ? Number(key) : key) : place)
    })
  }

  /** What stands for `value` in JSON. */
  #model(value: object, place: Place): unknown {
    const known = this.#places.get(value)?.name
    if (known) return known
    this.#places.set(value, place)
    if (isServerReference(value)) return this.#reference(value, place)
    if (Array.isArray(value)) return value
    if (value instanceof FormData) return this.#part('$K', value)
    if (value instanceof Blob) return this.#part('$B', value)
    for (const tag in VIEWS) {
      // TypeScript wants to know that the bytes are not shared with another thread; a Blob copies them anyway.
      if (value instanceof VIEWS[tag]!) return this.#part(`$${tag}`, new Blob([value as ArrayBuffer]))
    }
    if (value instanceof ReadableStream) return this.#stream(value, place)
    const { then, [Symbol.iterator]: iterate, [Symbol.asyncIterator]: iterateAsync } = value as Live
    if (typeof then === 'function') {
      return (place.name = this.#part('$@', async (id) => this.#append(id, this.#text(await value, part(id, place)))))
    }
    if (iterate) {
      const iterator = iterate.call(value)
      const items = [...iterator]
      const tag = value instanceof Map ? '$Q' : value instanceof Set ? '$W' : iterator === value && '$i'
      if (tag) return this.#part(tag, items, place)
      this.#places.set(items, { ...place, name: '' })
      return items
    }
    if (iterateAsync) {
      const items = iterateAsync.call(value)
      return this.#events(items === value ? '$x' : '$X', place, items)
    }
    if (isPlain(value)) return value
    throw unsendable(value, place.path)
  }

  #reference({ $$id, $$bound }: ServerReferenceFields, place: Place): string {
    const bound = $$bound && this.#part('$@', $$bound, { ...place, path: `${place.path}.$$bound` })
    return (place.name = this.#part('$h', JSON.stringify({ id: $$id, bound })))
  }

  /** Writes parts under the next id, now or (`content` writes them) later; gives the tag that refers to them. */
  #part(tag: string, content: Content, place?: Place): string {
    const id = ++this.#lastId
    this.#form ??= new FormData()
    if (content instanceof FormData) {
      for (const [key, entry] of content) this.#append(`_${id}_${key}`, entry)
    } else if (typeof content === 'function') {
      this.pending++
      content(id).then(() => this.#written(), this.#reject)
    } else {
      this.#append(id, Array.isArray(content) ? this.#text(content, part(id, place!)) : content)
    }
    return tag + hex(id)
  }

  /** A Blob without a name gets the name `blob`, and a File keeps its own. */
  #append(name: string | number, part: string | Blob): void {
    this.#form!.append(name as string, part as Blob) // `append` takes a string too, and writes a number as one
  }

  #stream(value: ReadableStream, place: Place): string {
    try {
      value.getReader({ mode: 'byob' }).releaseLock()
    } catch {
      const reader = value.getReader()
      return this.#events('$R', place, { next: () => reader.read() })
    }
    return this.#events('$r', place, whole(value))
  }

  /** What is in an event has no name: no path leads there. */
  #events(tag: string, place: Place, from: AsyncIterator<unknown>): string {
    return this.#part(tag, async (id) => {
      for (let isOpen = true; isOpen; ) {
        const { done, value } = await from.next()
        isOpen = !done
        this.#append(`S${id}`, (done ? 'C' : '') + this.#text(value, { ...place, name: '' }))
      }
    })
  }
}

const hex = (id: number): string => id.toString(16)

/** The place of what is a part of its own. */
const part = (id: number, { path }: Place): Place => ({ name: `$${hex(id)}`, path })

/** All bytes at once: in small pieces, each would be a part. */
async function* whole(stream: ReadableStream): AsyncGenerator<unknown> {
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer())
  if (bytes.length) yield bytes // React's decoder can't read an empty one
}

function inside({ name, path }: Place, key: string | number): Place {
  // A path separates its keys with `:` and knows no escape.
  return { name: name && !`${key}`.includes(':') ? `${name}:${key}` : '', path: child(path, key) }
}
