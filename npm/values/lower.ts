import { ErrandError } from './error.ts'
import { child, isOddNumber, isPlain, isServerReference, refuse } from './kinds.ts'
import { temporaryName } from './temporary.ts'

/** Levels of nesting within one tree. Looking for cycles only there keeps the common walk free of it. */
const MAX_DEPTH = 1000

/** A value on its way to Rust or into a store: text for a JSON parser, and what JSON has no words for. */
export interface Lowered {
  /** With an empty `program`, the JSON of the value. Else a JSON array of trees, the first being the value's. */
  text: string
  /** JSON of a flat list of instructions that {@link revive} follows; empty for plain data. */
  program: string
  /** What the `B` instructions number. */
  blobs: Blob[]
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
export function lower(value: unknown, root = 'result'): Lowered {
  return new Lowering(root).run(value)
}

/**
 * As {@link lower}, but a plain object or array that occurs twice stays one too, and may contain itself. Costs a walk
 * more.
 *
 * ```ts
 * const post = { id: 1 }
 * lowerGraph([post, post], 'captured')   // { text: '[[null,null],{"id":1}]', program: '["t",1,"=",0,0,"=",1,0]', … }
 * ```
 */
export function lowerGraph(value: unknown, root: string): Lowered {
  return new Lowering(root, occurringTwice(value)).run(value)
}

/** As {@link lower}, but for the client that called: what only it has may go back to it. */
export function lowerResult(value: unknown): Lowered {
  return new Lowering('result', NONE, true).run(value)
}

type Op = string | number | null

type Fields = Record<string, unknown>

const NONE: ReadonlySet<unknown> = new Set()

/** One value being taken apart. Invariant: `#ops` always stands where `#keys` and `#unentered` say. */
class Lowering {
  readonly #ops: Op[] = []
  readonly #trees: unknown[] = []
  readonly #blobs: Blob[] = []
  /** Objects (and the names of odd values) that have a node already. */
  readonly #nodes = new Map<unknown, number>()
  /** Trees that wait for their turn: Maps and the like are walked after the tree that they were found in. */
  readonly #queue: { path: string; tree: number; items: object }[] = []
  /** Arrays and plain objects that get a tree each, so that they can be placed more than once. */
  readonly #shared: ReadonlySet<unknown>

  #path: string
  #tree = 0
  /** The tree that the program is at; it moves when something is to be placed. */
  #opsTree = 0
  /** The containers from the tree's root to here, and the key taken in each. */
  readonly #ancestors: unknown[] = []
  readonly #keys: (string | number)[] = []
  /** How many of the last `#keys` the program has not entered: most containers need no instruction. */
  #unentered = 0

  /** Whether temporary references may be sent: elsewhere than in an answer to their client they mean nothing. */
  readonly #toClient: boolean

  constructor(root: string, shared: ReadonlySet<unknown> = NONE, toClient = false) {
    this.#path = root
    this.#shared = shared
    this.#toClient = toClient
  }

  run(value: unknown): Lowered {
    if (this.#shared.has(value)) this.#node(value, ['t', 0])
    const tree = isContainer(value) ? this.#container(value) : this.#visit(value, undefined)
    this.#trees[0] = tree
    for (const { path, tree, items } of this.#queue) {
      this.#path = path
      this.#tree = tree
      this.#trees[tree] = this.#container(items)
    }
    if (this.#ops.length === 0) return { text: JSON.stringify(tree), program: '', blobs: [] }
    return { text: JSON.stringify(this.#trees), program: JSON.stringify(this.#ops), blobs: this.#blobs }
  }

  /** What stands for `value` in the text: itself, where JSON has a word for all of it. */
  #visit(value: unknown, key: string | number | undefined): unknown {
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return value
      case 'number':
        return isOddNumber(value) ? this.#place(key, this.#odd(value)) : value
      case 'undefined':
        return this.#place(key, this.#node('u', ['u']))
      case 'bigint':
        return this.#place(key, this.#node(value, ['n', `${value}`]))
      case 'object':
        return value === null ? null : this.#object(value, key)
      case 'function': {
        const name = this.#toClient ? temporaryName(value) : undefined
        if (name !== undefined) return this.#place(key, this.#node(value, ['*', name]))
        if (isServerReference(value)) return this.#place(key, this.#reference(value, key))
      }
    }
    return refuse(value, this.#pathTo(key))
  }

  #object(value: object, key: string | number | undefined): unknown {
    if (isContainer(value)) {
      if (this.#shared.has(value)) return this.#place(key, this.#treeOf(value, key))
      if (key === undefined) return this.#container(value)
      this.#keys.push(key)
      this.#unentered++
      const tree = this.#container(value)
      this.#keys.pop()
      if (this.#unentered > 0) this.#unentered--
      else this.#ops.push('<')
      return tree
    }
    const node = this.#nodes.get(value) ?? this.#make(value, key)
    if (node !== undefined) return this.#place(key, node)
    const { toJSON } = value as { toJSON?: unknown }
    // Binary data has no JSON worth sending: a Buffer's is a list of numbers.
    if (typeof toJSON !== 'function' || ArrayBuffer.isView(value)) return refuse(value, this.#pathTo(key))
    const json: unknown = toJSON.call(value, `${key ?? ''}`)
    if (json === undefined) return this.#place(key, this.#node('u', ['u']))
    return this.#visit(json, key)
  }

  /** Walks an array or a plain object; copies it only if something in it has to give way to a placeholder. */
  #container(value: object): unknown {
    this.#ancestors.push(value)
    if (this.#ancestors.length > MAX_DEPTH) this.#refuseDepth()
    const walked = Array.isArray(value) ? this.#array(value) : this.#record(value as Fields)
    this.#ancestors.pop()
    return walked
  }

  #array(items: unknown[]): unknown[] {
    let copy: unknown[] | undefined
    for (let at = 0; at < items.length; at++) {
      const item = items[at]
      const stand = this.#visit(item, at)
      if (stand !== item) (copy ??= [...items])[at] = stand
    }
    return copy ?? items
  }

  #record(fields: Fields): unknown {
    let copy: Fields | undefined
    for (const key of Object.keys(fields)) {
      const field = fields[key]
      if (key === '__proto__') {
        copy ??= { ...fields }
        delete copy[key]
      } else if (field !== undefined) {
        const stand = this.#visit(field, key)
        if (stand !== field) (copy ??= { ...fields })[key] = stand
      }
    }
    return copy ?? fields
  }

  /** The node of an object that JSON has no word for; `undefined` if we have none either. */
  #make(value: object, key: string | number | undefined): number | undefined {
    if (value instanceof Date) {
      return this.#node(value, ['D', Number.isNaN(value.getTime()) ? 'invalid' : value.toISOString()])
    }
    if (value instanceof Map) return this.#node(value, ['Q', this.#enqueue([...value], key)])
    if (value instanceof Set) return this.#node(value, ['W', this.#enqueue([...value], key)])
    if (value instanceof FormData) return this.#node(value, ['K', this.#enqueue([...value.entries()], key)])
    if (value instanceof Blob) {
      const name = value instanceof File ? value.name : null
      return this.#node(value, ['B', this.#blobs.push(value) - 1, name, value.type])
    }
    return undefined
  }

  #reference(value: { $$id: string; $$bound: unknown[] | null }, key: string | number | undefined): number {
    const known = this.#nodes.get(value)
    if (known !== undefined) return known
    const bound = value.$$bound
    return this.#node(value, ['h', value.$$id, bound === null ? null : this.#enqueue([...bound], key)])
  }

  #treeOf(value: object, key: string | number | undefined): number {
    return this.#nodes.get(value) ?? this.#node(value, ['t', this.#enqueue(value, key)])
  }

  #odd(value: number): number {
    const op = value === 0 ? '-0' : value > 0 ? 'I' : value < 0 ? '-I' : 'N'
    return this.#node(op, [op])
  }

  #node(identity: unknown, op: Op[]): number {
    const known = this.#nodes.get(identity)
    if (known !== undefined) return known
    this.#ops.push(...op)
    this.#nodes.set(identity, this.#nodes.size)
    return this.#nodes.size - 1
  }

  #enqueue(items: object, key: string | number | undefined): number {
    const tree = this.#queue.length + 1
    this.#queue.push({ path: this.#pathTo(key), tree, items })
    return tree
  }

  /** Says where `node` goes; the placeholder that stands there until then is `null`. */
  #place(key: string | number | undefined, node: number): null {
    if (key === undefined) {
      this.#ops.push('R', this.#tree, node)
      return null
    }
    if (this.#opsTree !== this.#tree) this.#ops.push('T', (this.#opsTree = this.#tree))
    for (; this.#unentered > 0; this.#unentered--) {
      this.#ops.push('>', this.#keys[this.#keys.length - this.#unentered]!)
    }
    this.#ops.push('=', key, node)
    return null
  }

  #refuseDepth(): never {
    const level = this.#ancestors.findIndex((it, at) => this.#ancestors.indexOf(it) < at)
    const path = this.#keys.slice(0, Math.max(level, 0)).reduce<string>(child, this.#path)
    const what = level < 0 ? `nested deeper than ${MAX_DEPTH} levels` : 'part of itself'
    throw new ErrandError('errand::unserializable', `${path} is ${what}`, { hint: 'Send ids, or a flatter shape' })
  }

  #pathTo(key: string | number | undefined): string {
    const path = this.#keys.reduce<string>(child, this.#path)
    return key === undefined ? path : child(path, key)
  }
}

/** The arrays and plain objects to which more than one way leads. */
function occurringTwice(root: unknown): Set<object> {
  const seen = new Set<object>()
  const twice = new Set<object>()
  const waiting = [root]
  while (waiting.length > 0) {
    const value = waiting.pop()
    if (typeof value !== 'object' || value === null) continue
    if (seen.has(value)) {
      if (isContainer(value)) twice.add(value)
      continue
    }
    seen.add(value)
    if (value instanceof Map) for (const entry of value) waiting.push(...entry)
    else if (value instanceof Set) for (const item of value) waiting.push(item)
    else if (isContainer(value)) for (const key of Object.keys(value)) waiting.push((value as Fields)[key])
  }
  return twice
}

/** Arrays and plain objects, but not one that prefers its `toJSON`. */
function isContainer(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return true
  return isPlain(value) && typeof (value as { toJSON?: unknown }).toJSON !== 'function'
}
