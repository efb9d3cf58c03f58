import { ErrandError } from './error.ts'

/** What marks a function as a server reference; React's own symbol. */
export const SERVER_REFERENCE: symbol = Symbol.for('react.server.reference')

/** The fields that React puts on a function which stands for one on the server. */
export interface ServerReferenceFields {
  readonly $$typeof: symbol
  readonly $$id: string
  readonly $$bound: unknown[] | null
}

/** Whether `value` is a function that stands for one on the server. */
export function isServerReference(value: unknown): value is Function & ServerReferenceFields {
  return typeof value === 'function' && (value as Partial<ServerReferenceFields>).$$typeof === SERVER_REFERENCE
}

/** Whether `value` is an object of fields and nothing more: no class but `Object`, of any realm, or none. */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null
}

/** React's letters for views of an `ArrayBuffer`, which is `A` itself. */
export const VIEWS: Record<string, new (bytes: ArrayBuffer) => ArrayBufferView> = {
  O: Int8Array,
  o: Uint8Array,
  U: Uint8ClampedArray,
  S: Int16Array,
  s: Uint16Array,
  L: Int32Array,
  l: Uint32Array,
  G: Float32Array,
  g: Float64Array,
  M: BigInt64Array,
  m: BigUint64Array,
  V: DataView,
}

/** React's letter for a view or an `ArrayBuffer`; `undefined` for anything else. */
export function viewKind(value: object): string | undefined {
  if (value instanceof ArrayBuffer) return 'A'
  if (!ArrayBuffer.isView(value)) return undefined
  for (const kind in VIEWS) if (value instanceof VIEWS[kind]!) return kind
  return undefined
}

/** Whether JSON has no word for this number: `NaN`, `±Infinity` and `-0`. */
export function isOddNumber(value: number): boolean {
  return !Number.isFinite(value) || Object.is(value, -0)
}

/** `path` and one more key, as one would write it: `args[0].user["first name"]`. */
export function child(path: string, key: string | number): string {
  return /^[A-Za-z_$][\w$]*$/.test(`${key}`) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`
}

/** Throws `errand::unserializable` for the value at `path`, with what can be done about it. */
export function refuse(value: unknown, path: string): never {
  const [what, hint] = describe(value)
  throw new ErrandError('errand::unserializable', `${path} is ${what}`, { hint })
}

function describe(value: unknown): [what: string, hint: string] {
  if (typeof value === 'function') return ['a function', 'Only functions of "use server" can be sent']
  if (typeof value === 'symbol') return ['a symbol', 'Neither symbols nor React elements can be sent']
  const { then } = value as { then?: unknown }
  if (typeof then === 'function') return ['a promise', 'Await it first']
  if (value instanceof Error) return ['an Error', 'Send its message, or throw it']
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return ['binary data', 'Wrap it in a Blob']
  const name = Object.getPrototypeOf(value)?.constructor?.name
  return [`an instance of ${name || 'a class'}`, 'Send a plain object of its fields']
}
