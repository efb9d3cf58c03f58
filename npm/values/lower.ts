import { ErrandError } from './error.ts'
import { child, isOddNumber, isPlain, isServerReference, refuse, viewKind } from './kinds.ts'
import { temporaryName } from './temporary.ts'

/** Levels of nesting. Looking for cycles only there keeps the common walk free of it. */
const MAX_DEPTH = 1000

/** From this length on a string of a result goes as bytes: JSON would escape it, and Rust unescape it. */
const LARGE_STRING = 8192

/** A value on its way to Rust or into a store: text for a JSON parser, and what JSON has no words for. */
export interface Lowered {
  /** With an empty `program`, the JSON of the value. Else a JSON array of trees, the first being the value's. */
  text: string
  /** JSON of a flat list of instructions that {@link revive} follows; empty for plain data. */
  program: string
  /** What the `B` and `V` instructions number. */
  blobs: (Blob | Uint8Array)[]
}

/** A part of a result, and what in it goes on saying something. */
export interface LoweredResult extends Lowered {
  live: Live[]
}

/** A promise, a stream or an async iterable, by React's letter for its kind, and the number of its node. */
export type Live = { node: number } & (
  | { kind: '@'; value: PromiseLike<unknown> }
  | { kind: 'R' | 'r'; value: ReadableStream<unknown> }
  | { kind: 'X' | 'x'; value: AsyncIterable<unknown> }
)

/** What may be known of an error that is part of a result. */
export interface ErrorFacts {
  name: string
  message: string
  digest: string
}

/**
 * Takes `value` apart into text and a program; {@link revive} puts it together again.
 *
 * ```ts
 * lower({ a: 1 })            // { text: '{"a":1}', program: '', blobs: [] }
 * lower([1, new Date(0)])    // { text: '[[1,null]]', program: '["D","1970-01-01T00:00:00.000Z","=",1,0]', blobs: [] }
 * ```
 *
 * Beyond JSON it takes `undefined` (dropped as a property), `NaN`, `±Infinity`, `-0`, BigInt, Date, Map, Set, FormData,
 * Blob, File, server references, and objects with a `toJSON`. Of these an object that occurs twice stays one object, and
 * may contain itself; a plain object or array that occurs twice is written twice, and may not contain itself.
 * An own key `__proto__` is left out.
 *
 * @param root what to call the value in a message
 * @throws ErrandError `errand::unserializable`, naming the place, as in `result.user.save is a function`
 */
export function lower(value: unknown, root = 'result', isKept = false): Lowered {
  return withoutLive(new Lowering(root, { isGraph: false, isKept }).run(value))
}

/**
 * As {@link lower}, but a plain object or array that occurs twice stays one too, and may contain itself.
 *
 * ```ts
 * const post = { id: 1 }
 * lowerGraph([post, post], 'captured')   // { text: '[[{"id":1},null]]', program: '["t",0,"g",0,0,"=",1,1]', … }
 * ```
 */
export function lowerGraph(value: unknown, root: string): Lowered {
  return withoutLive(new Lowering(root, { isGraph: true }).run(value))
}

function withoutLive({ text, program, blobs }: LoweredResult): Lowered {
  return { text, program, blobs }
}

/**
 * As {@link lowerGraph}, for the result of a call: it may also hold binary data, errors, registered symbols, iterators,
 * what only the client has, and promises, streams and async iterables. What these say later is taken apart by the same
 * lowering, so that an object stays one object.
 *
 * @param describe what may be known of an error
 */
export class ResultLowering {
  readonly #lowering: Lowering

  /** @param isKept whether it is for later, so that what only one client or one build has means nothing */
  constructor(describe: (error: Error) => ErrorFacts, isKept = false) {
    this.#lowering = new Lowering('result', { isGraph: true, describe, isKept })
  }

  /** The result, or a promise's value. */
  value(value: unknown): LoweredResult {
    return this.#lowering.run(value)
  }

  /** An item of a stream, or what an iteration returns: nothing of it is remembered. */
  item(value: unknown): LoweredResult {
    return this.#lowering.run(value, true)
  }
}

type Op = string | number | null

type Fields = Record<string, unknown>

interface Options {
  /** Whether arrays and plain objects keep their identity. */
  isGraph: boolean
  /** Only a result may hold what its client alone can read. */
  describe?: (error: Error) => ErrorFacts
  /** Whether no client gets it now. */
  isKept?: boolean
}

/** A tree that is being walked. */
interface Tree {
  readonly index: number
  /** What to call it in a message. */
  readonly path: string
  /** Where it was found. */
  readonly holder: Place | null
  /** The instructions that place. */
  readonly ops: Op[]
  /** What stands for it in the text. */
  model: unknown
}

/** Where an array or a plain object was found first. */
class Place {
  readonly value: object
  /** The container that it is in; `null` at the top of a tree. */
  readonly parent: Place | null
  readonly key: string | number
  readonly tree: Tree
  /** Whether the program is in there: most containers need no instruction. */
  isEntered: boolean

  constructor(value: object, parent: Place | null, key: string | number, tree: Tree) {
    this.value = value
    this.parent = parent
    this.key = key
    this.tree = tree
    this.isEntered = parent === null
  }
}

/** What has been met, so that it stays one. */
class Known {
  /** The nodes of objects, places, and names of odd values. */
  readonly nodes = new Map<unknown, number>()
  readonly places = new Map<object, Place>()
}

/** One value being taken apart, and what is said later in it. */
class Lowering {
  readonly #root: string
  readonly #isGraph: boolean
  readonly #describe: Options['describe']
  readonly #isKept: boolean
  readonly #known = new Known()
  /** What is known for the time of one item. */
  #item: Known | undefined
  #nodes = 0
  #trees: Tree[] = []
  #firstTree = 0

  #makes: Op[] = []
  #blobs: (Blob | Uint8Array)[] = []
  #live: Live[] = []

  #tree!: Tree
  #depth = 0

  constructor(root: string, { isGraph, describe, isKept = false }: Options) {
    this.#root = root
    this.#isGraph = isGraph
    this.#isKept = isKept
    this.#describe = describe
  }

  run(value: unknown, isItem = false): LoweredResult {
    this.#firstTree += this.#trees.length
    this.#trees = []
    this.#makes = []
    this.#blobs = []
    this.#live = []
    this.#depth = 0
    this.#item = isItem ? new Known() : undefined
    this.#walk(this.#plant(this.#root, null), value)

    const blobs = this.#blobs
    const live = this.#live
    const ops = this.#makes
    for (const tree of this.#trees) {
      if (tree.ops.length === 0) continue
      if (tree.index > this.#firstTree && tree.ops[0] !== 'R') ops.push('T', tree.index)
      for (const op of tree.ops) ops.push(op)
    }
    if (ops.length === 0) return { text: JSON.stringify(this.#trees[0]!.model), program: '', blobs, live }
    return { text: JSON.stringify(this.#trees.map((tree) => tree.model)), program: JSON.stringify(ops), blobs, live }
  }

  #plant(path: string, holder: Place | null): Tree {
    const tree: Tree = { index: this.#firstTree + this.#trees.length, path, holder, ops: [], model: null }
    this.#trees.push(tree)
    return tree
  }

  #walk(tree: Tree, value: unknown): void {
    const outer = this.#tree
    this.#tree = tree
    tree.model = this.#visit(value, '', null)
    this.#tree = outer
  }

  /** What stands for `value` in the text: itself, where JSON has a word for all of it. */
  #visit(value: unknown, key: string | number, at: Place | null): unknown {
    switch (typeof value) {
      case 'string':
        return this.#describe && value.length >= LARGE_STRING ? this.#largeString(value, key, at) : value
      case 'boolean':
        return value
      case 'number':
        return isOddNumber(value) ? this.#put(key, at, this.#odd(value)) : value
      case 'undefined':
        return this.#put(key, at, this.#node('u', ['u']))
      case 'bigint':
        return this.#put(key, at, this.#node(value, ['n', `${value}`]))
      case 'object':
        return value === null ? null : this.#object(value, key, at)
      case 'function': {
        const name = this.#describe && !this.#isKept ? temporaryName(value) : undefined
        if (name !== undefined) return this.#put(key, at, this.#node(value, ['*', name]))
        if (isServerReference(value) && !this.#isKept) return this.#put(key, at, this.#reference(value, key, at))
        if (isOfReact(value)) refuseElement(this.#pathTo(key, at))
        break
      }
      case 'symbol': {
        const name = this.#describe ? Symbol.keyFor(value) : undefined
        if (name !== undefined) return this.#put(key, at, this.#node(value, ['S', name]))
      }
    }
    return refuse(value, this.#pathTo(key, at))
  }

  #object(value: object, key: string | number, at: Place | null): unknown {
    if (isContainer(value)) {
      const place = this.#isGraph ? this.#met(value) : undefined
      if (place) return this.#put(key, at, this.#nodeOf(place))
      return this.#container(value, new Place(value, at, key, this.#tree))
    }
    const node = this.#nodeFor(value) ?? this.#make(value, key, at)
    if (node !== undefined) return this.#put(key, at, node)
    const { toJSON } = value as { toJSON?: unknown }
    if (typeof toJSON === 'function' && !ArrayBuffer.isView(value)) {
      const json: unknown = toJSON.call(value, `${key}`)
      if (json === undefined) return this.#put(key, at, this.#node('u', ['u']))
      return this.#visit(json, key, at)
    }
    // As in React: what can be iterated over is a list.
    if (this.#describe && isIterable(value)) return this.#container([...value], new Place(value, at, key, this.#tree))
    return refuse(value, this.#pathTo(key, at))
  }

  /** Walks an array or a plain object; copies it only if something in it has to give way to a placeholder. */
  #container(value: object, place: Place): unknown {
    this.#depth++
    if (this.#depth > MAX_DEPTH) refuseDepth(place)
    if (this.#isGraph) (this.#item ?? this.#known).places.set(place.value, place)
    const walked = Array.isArray(value) ? this.#array(value, place) : this.#record(value as Fields, place)
    if (place.isEntered && place.parent) this.#tree.ops.push('<')
    this.#depth--
    return walked
  }

  #array(items: unknown[], place: Place): unknown[] {
    let copy: unknown[] | undefined
    for (let at = 0; at < items.length; at++) {
      const item = items[at]
      const stand = this.#visit(item, at, place)
      if (stand !== item) (copy ??= [...items])[at] = stand
    }
    return copy ?? items
  }

  #record(fields: Fields, place: Place): unknown {
    let copy: Fields | undefined
    for (const key of Object.keys(fields)) {
      const field = fields[key]
      if (key === '__proto__') {
        copy ??= { ...fields }
        delete copy[key]
      } else if (field !== undefined) {
        if (key === '$$typeof' && typeof field === 'symbol') refuseElement(pathOf(place))
        const stand = this.#visit(field, key, place)
        if (stand !== field) (copy ??= { ...fields })[key] = stand
      }
    }
    return copy ?? fields
  }

  /** The node of an object that JSON has no word for; `undefined` if we have none either. */
  #make(value: object, key: string | number, at: Place | null): number | undefined {
    if (value instanceof Date) {
      return this.#node(value, ['D', Number.isNaN(value.getTime()) ? 'invalid' : value.toISOString()])
    }
    if (value instanceof Map) return this.#collection(value, 'Q', [...value], key, at)
    if (value instanceof Set) return this.#collection(value, 'W', [...value], key, at)
    if (value instanceof FormData) return this.#collection(value, 'K', this.#entries(value), key, at)
    if (value instanceof Blob) {
      const name = value instanceof File ? value.name : null
      return this.#node(value, ['B', this.#blobs.push(value) - 1, name, value.type])
    }
    return this.#describe && this.#makeForClient(value, this.#describe, key, at)
  }

  #makeForClient(value: object, describe: (error: Error) => ErrorFacts, key: string | number, at: Place | null): number | undefined {
    const view = viewKind(value)
    if (view) return this.#node(value, ['V', this.#blobs.push(copyOf(value as ArrayBufferView | ArrayBuffer)) - 1, view])
    if (value instanceof Error) {
      const { name, message, digest } = describe(value)
      return this.#node(value, ['Z', name, message, digest])
    }
    if (typeof (value as { then?: unknown }).then === 'function') return this.#goesOn('@', value as PromiseLike<unknown>)
    if (value instanceof ReadableStream) {
      if (value.locked) refuseAs(this.#pathTo(key, at), 'a stream that somebody reads already', 'Send one that is not locked')
      return this.#goesOn(isByteStream(value) ? 'r' : 'R', value)
    }
    if (isAsyncIterable(value)) {
      return this.#goesOn((value as Partial<AsyncIterator<unknown>>).next ? 'x' : 'X', value)
    }
    if (isIterable(value) && typeof (value as { next?: unknown }).next === 'function') {
      return this.#collection(value, 'i', [...value], key, at)
    }
    return undefined
  }

  /** Its node comes first: it may contain itself. */
  #collection(value: object, op: string, items: unknown[], key: string | number, at: Place | null): number {
    const tree = this.#plant(this.#pathTo(key, at), at)
    const node = this.#node(value, [op, tree.index])
    this.#walk(tree, items)
    return node
  }

  /** React's client takes no notice of a file's name, ours does. */
  #entries(form: FormData): unknown[][] {
    return Array.from(form, ([name, value]) =>
      this.#describe && value instanceof File ? [name, value, value.name] : [name, value],
    )
  }

  /** Should the value turn out not to be sendable, nobody listens to what is in it. */
  #goesOn<Kind extends Live['kind']>(kind: Kind, value: Extract<Live, { kind: Kind }>['value']): number {
    const node = this.#node(value, ['@', kind])
    this.#live.push({ node, kind, value } as Live)
    if (value instanceof Promise) value.catch(() => {})
    return node
  }

  #reference(value: { $$id: string; $$bound: unknown[] | null }, key: string | number, at: Place | null): number {
    const known = this.#nodeFor(value)
    if (known !== undefined) return known
    const bound = value.$$bound
    if (bound === null) return this.#node(value, ['h', value.$$id, null])
    const tree = this.#plant(this.#pathTo(key, at), at)
    const node = this.#node(value, ['h', value.$$id, tree.index])
    this.#walk(tree, [...bound])
    return node
  }

  #largeString(value: string, key: string | number, at: Place | null): unknown {
    // UTF-8 has no word for half a character.
    if (!value.isWellFormed()) return value
    return this.#put(key, at, this.#node(Symbol(), ['V', this.#blobs.push(new TextEncoder().encode(value)) - 1, 'T']))
  }

  #odd(value: number): number {
    const op = value === 0 ? '-0' : value > 0 ? 'I' : value < 0 ? '-I' : 'N'
    return this.#node(op, [op])
  }

  #nodeFor(identity: unknown): number | undefined {
    return this.#item?.nodes.get(identity) ?? this.#known.nodes.get(identity)
  }

  #node(identity: unknown, op: Op[]): number {
    const known = this.#nodeFor(identity)
    if (known !== undefined) return known
    this.#makes.push(...op)
    ;(this.#item ?? this.#known).nodes.set(identity, this.#nodes)
    return this.#nodes++
  }

  /** Where an array or an object was before, if there is a way to it: for React's clients no key in it has a `:`. */
  #met(value: object): Place | undefined {
    const place = this.#item?.places.get(value) ?? this.#known.places.get(value)
    if (!this.#describe) return place
    for (let on = place ?? null; on; on = on.parent) if (`${on.key}`.includes(':')) return undefined
    return place
  }

  #nodeOf(place: Place): number {
    const known = this.#nodeFor(place)
    if (known !== undefined) return known
    return this.#node(place, place.parent ? ['g', this.#nodeOf(place.parent), place.key] : ['t', place.tree.index])
  }

  /** Says where `node` goes; the placeholder that stands there until then is `null`. */
  #put(key: string | number, at: Place | null, node: number): null {
    const { ops, index } = this.#tree
    if (at === null) {
      ops.push('R', index, node)
    } else {
      enter(at, ops)
      ops.push('=', key, node)
    }
    return null
  }

  #pathTo(key: string | number, at: Place | null): string {
    return at ? child(pathOf(at), key) : this.#tree.path
  }
}

function enter(place: Place, ops: Op[]): void {
  if (place.isEntered) return
  enter(place.parent!, ops)
  ops.push('>', place.key)
  place.isEntered = true
}

function pathOf({ parent, key, tree }: Place): string {
  return parent ? child(pathOf(parent), key) : tree.path
}

function refuseDepth(place: Place): never {
  const way: Place[] = []
  for (let at: Place | null = place; at; at = at.parent ?? at.tree.holder) way.unshift(at)
  const again = way.find((it, at) => way.findIndex(({ value }) => value === it.value) < at)
  const what = again ? 'part of itself' : `nested deeper than ${MAX_DEPTH} levels`
  refuseAs(pathOf(again ?? way[0]!), what, 'Send ids, or a flatter shape')
}

function refuseElement(path: string): never {
  const hint = path.startsWith('captured')
    ? 'Create it inside of the action'
    : 'Send data and render it in the browser, or serve the app with `rsc: true`'
  refuseAs(path, 'an element or a component of React', hint)
}

function refuseAs(path: string, what: string, hint: string): never {
  throw new ErrandError('errand::unserializable', `${path} is ${what}`, { hint })
}

/** A component of the browser, as a module of the server sees it. */
function isOfReact(value: Function): boolean {
  return typeof (value as { $$typeof?: unknown }).$$typeof === 'symbol'
}

/** Arrays and plain objects, but not one that prefers its `toJSON`, or that is a promise. */
function isContainer(value: object): boolean {
  if (Array.isArray(value)) return true
  if (!isPlain(value)) return false
  const { toJSON, then } = value as { toJSON?: unknown; then?: unknown }
  return typeof toJSON !== 'function' && typeof then !== 'function' && !isIterable(value) && !isAsyncIterable(value)
}

function isIterable(value: object): value is Iterable<unknown> {
  return typeof (value as Partial<Iterable<unknown>>)[Symbol.iterator] === 'function'
}

function isAsyncIterable(value: object): value is AsyncIterable<unknown> {
  return typeof (value as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator] === 'function'
}

function isByteStream(stream: ReadableStream): boolean {
  try {
    stream.getReader({ mode: 'byob' }).releaseLock()
    return true
  } catch {
    return false
  }
}

/** A copy: the user may change theirs, and whoever reads a stream of bytes may take its chunks for their own. */
function copyOf(value: ArrayBufferView | ArrayBuffer): Uint8Array {
  return ArrayBuffer.isView(value)
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice()
    : new Uint8Array(value).slice()
}
