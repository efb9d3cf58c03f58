import { child, isOddNumber, isPlain, isServerReference, refuse, VIEWS, type ServerReferenceFields } from '../values/kinds.ts'
import { ErrandError } from '../values/error.ts'

/**
 * Writes the arguments of a call in React's reply format (19.3.1): text, or a form where text is not enough.
 *
 * ```ts
 * await encodeReply(['hi', 1n])              // '["hi","$n1"]'
 * await encodeReply([new Set([1])])          // FormData: "1" = [1], "0" = ["$W1"]
 * ```
 *
 * Takes what JSON takes, and `undefined`, `NaN`, `±Infinity`, `-0`, BigInt, Date, Map, Set, FormData, Blob, File,
 * ArrayBuffer and its views, server references and objects with a `toJSON`. An object that occurs twice arrives as one object, and may contain
 * itself. An invalid Date arrives as `null`, as it does with React.
 *
 * @throws ErrandError `errand::unserializable` (the promise rejects), naming the place, as in
 * `args[0].user.save is a function`
 */
export async function encodeReply(args: unknown): Promise<string | FormData> {
  return new Reply().encode(args)
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
 * @throws ErrandError `errand::unserializable`, naming the place, as in `action.$$bound[0] is a promise`
 */
export function encodeReference(reference: ServerReferenceFields, prefix: string): FormData {
  // As an argument it would be part 2, after its bound arguments, and the root would point there.
  const parts = new Reply().encode(reference, 'action') as FormData
  const form = new FormData()
  form.append(`${prefix}0`, parts.get('2')!)
  for (const [name, part] of parts) {
    if (name !== '0' && name !== '2') form.append(prefix + name, part as Blob) // or a string: `append` takes both
  }
  return form
}

/** Where a container is: as the reply refers to it (`$0:0:user`; `''` if it can't), and as we tell it. */
interface Place {
  name: string
  path: string
}

/** One reply being written. Ids count parts: decimal as names of parts, hexadecimal in `$` tags. */
class Reply {
  #lastId = 0
  #form: FormData | undefined
  /** How an object that was written can be referred to; `''` under a key that a path cannot hold. */
  readonly #names = new Map<object, string>()
  /** Nameless objects on the way to the current one: there a cycle has no end. */
  readonly #open = new Set<object>()
  readonly #references = new Map<object, string>()
  /** Bound arguments travel after the root, as with React's promises. */
  readonly #late: { id: number; bound: unknown[]; path: string }[] = []

  encode(root: unknown, path = 'args'): string | FormData {
    const text = this.#text(root, { name: '$0', path })
    if (!this.#form) return text
    this.#form.append('0', text)
    for (const { id, bound, path } of this.#late) {
      this.#form.append(`${id}`, this.#text(bound, { name: `$${hex(id)}`, path }))
    }
    return this.#form
  }

  #text(root: unknown, place: Place): string {
    return JSON.stringify(this.#model(root, place))
  }

  /** What stands in a part's JSON for `value`, which is at `key` of `place`; without a key, at `place` itself. */
  #model(value: unknown, place: Place, key?: string | number): unknown {
    switch (typeof value) {
      case 'string':
        return value[0] === '$' ? `$${value}` : value
      case 'number':
        return isOddNumber(value) ? `$${Object.is(value, -0) ? '-0' : value}` : value
      case 'bigint':
        return `$n${value}`
      case 'undefined':
        return '$undefined'
      case 'boolean':
        return value
    }
    if (value === null) return null
    const here = key === undefined ? place : inside(place, key)
    if (typeof value === 'object') return this.#object(value, here)
    return isServerReference(value) ? this.#reference(value, here) : refuse(value, here.path)
  }

  #object(value: object, place: Place): unknown {
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : `$D${value.toJSON()}`
    const { toJSON } = value as { toJSON?: unknown }
    if (typeof toJSON === 'function' && !ArrayBuffer.isView(value)) return this.#model(toJSON.call(value, ''), place)
    const written = this.#names.get(value)
    if (written) return written
    this.#names.set(value, place.name)
    if (this.#open.has(value)) {
      throw new ErrandError('errand::unserializable', `${place.path} is part of itself, under a key with ":"`)
    }
    if (!place.name) this.#open.add(value)
    const model = this.#contents(value, place)
    this.#open.delete(value)
    return model
  }

  #contents(value: object, place: Place): unknown {
    if (Array.isArray(value)) return Array.from(value, (item, at) => this.#model(item, place, at))
    if (value instanceof Map || value instanceof Set) {
      const tag = value instanceof Map ? '$Q' : '$W'
      return this.#part(tag, (id) => this.#text([...value], { name: `$${hex(id)}`, path: place.path }))
    }
    if (value instanceof Blob) return this.#part('$B', () => value)
    if (value instanceof FormData) return this.#formData(value)
    if (value instanceof ArrayBuffer) return this.#part('$A', () => new Blob([value]))
    for (const tag in VIEWS) {
      // TypeScript wants to know that the bytes are not shared with another thread; a Blob copies them anyway.
      if (value instanceof VIEWS[tag]!) return this.#part(`$${tag}`, () => new Blob([value as ArrayBufferView<ArrayBuffer>]))
    }
    return isPlain(value) ? this.#record(value as Record<string, unknown>, place) : refuse(value, place.path)
  }

  #record(value: Record<string, unknown>, place: Place): unknown {
    const model: Record<string, unknown> = {}
    for (const key of Object.keys(value)) {
      const field = value[key]
      if (key !== '__proto__' && field !== undefined) model[key] = this.#model(field, place, key)
    }
    return model
  }

  /** Takes the next id, writes the part under it, and gives the tag that refers to it. */
  #part(tag: string, write: (id: number) => string | Blob): string {
    const id = ++this.#lastId
    const form = (this.#form ??= new FormData())
    // Or a string: `append` takes both. A Blob without a name gets the name `blob`, and a File keeps its own.
    form.append(`${id}`, write(id) as Blob)
    return tag + hex(id)
  }

  #formData(value: FormData): string {
    const id = ++this.#lastId
    const form = (this.#form ??= new FormData())
    for (const [key, entry] of value) form.append(`_${id}_${key}`, entry as Blob) // or a string, as above
    return `$K${hex(id)}`
  }

  #reference(value: Function & ServerReferenceFields, { path }: Place): string {
    const written = this.#references.get(value)
    if (written) return written
    let bound: string | null = null
    if (value.$$bound) {
      const id = ++this.#lastId
      this.#late.push({ id, bound: value.$$bound, path: `${path}.$$bound` })
      bound = `$@${hex(id)}`
    }
    const tag = this.#part('$h', () => JSON.stringify({ id: value.$$id, bound }))
    this.#references.set(value, tag)
    return tag
  }
}

const hex = (id: number): string => id.toString(16)

function inside({ name, path }: Place, key: string | number): Place {
  // A path separates its keys with `:` and knows no escape.
  return { name: name && !`${key}`.includes(':') ? `${name}:${key}` : '', path: child(path, key) }
}
