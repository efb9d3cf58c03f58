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
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** React's letters for an `ArrayBuffer` and its views; `b` is what a stream of bytes holds. */
export const VIEWS: Record<string, new (bytes: any) => ArrayBuffer | ArrayBufferView> = {
  A: ArrayBuffer,
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
  b: Uint8Array,
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
  return /^[a-z_$][\w$]*$/i.test(`${key}`) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`
}

/** Throws `errand::unserializable` for the value at `path`, with what can be done about it. */
export function refuse(value: unknown, path: string): never {
  const { then } = value as { then?: unknown }
  if (typeof then === 'function') throw unsendable(value, path, 'a promise', 'Await it first')
  if (value instanceof Error) throw unsendable(value, path, 'an Error', 'Send its message, or throw it')
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    throw unsendable(value, path, 'binary data', 'Wrap it in a Blob')
  }
  throw unsendable(value, path)
}

/** What is wrong with the value at `path`: by default, that it can be sent in neither direction. */
export function unsendable(
  value: unknown,
  path: string,
  what?: string,
  hint = 'Send plain data',
): ErrandError {
  const name = typeof value === 'object' && Object.getPrototypeOf(value)?.constructor?.name
  what ??= name ? `an instance of ${name}` : `a ${typeof value}`
  return new ErrandError('errand::unserializable', `${path} is ${what}`, { hint })
}
