/** The body of a call on its way in: whole where it is small, else decoded while it arrives. */

import { openAsBlob } from 'node:fs'
import { tmpdir } from 'node:os'

import type * as native from '../native/index.ts'
import type { ArrivingCall, FormState, NativeHost, Refusal, Usage } from '../native/index.ts'
import { type ArrivedPiece, revive, reviveArriving, unbroken } from '../values/index.ts'
import type { ActionTable } from './actions.ts'
import type { Chunk, Exchange } from './exchange.ts'
import { type Action, loadAction } from './host.ts'

/** Bodies up to here are read whole, and decoded by this thread: that is quicker. */
const SMALL = 64 << 10

/** The arguments of a call. */
export interface Received {
  args: unknown[]
  /** Ends what still arrives and removes what was stored; missing where there is nothing. */
  close?(): void
}

/** What receiving needs to know of the server. */
export interface Receiver {
  host: NativeHost
  table: ActionTable
  /** The number of the policy that bounds the body; 0 is none. */
  policy: number
}

/** A decoded body. */
interface WithFiles extends native.Skeleton {
  references: string[]
  files: (Uint8Array | Blob)[]
}

/** A body that is refused after all. */
export class RefusedBody extends Error {
  readonly refusal: Refusal

  constructor(refusal: Refusal) {
    super(refusal.code)
    this.refusal = refusal
  }
}

/** Whether a call's body is read whole, rather than while it arrives. */
export function isReadWhole(exchange: Exchange, contentType: string): boolean {
  return !isMultipart(contentType) || Number(exchange.header('content-length') ?? Infinity) <= SMALL
}

/** @throws (rejects) {@link RefusedBody} */
export async function receive(receiver: Receiver, exchange: Exchange, contentType: string): Promise<Received> {
  if (!isReadWhole(exchange, contentType)) return receiveArriving(receiver, exchange, contentType)
  const limit = receiver.host.bodyLimit(receiver.policy, contentType)
  return receiveWhole(receiver, await exchange.body(limit), contentType)
}

/**
 * The arguments in a body that was read whole; `null` is one that was too large.
 *
 * @throws (or rejects) {@link RefusedBody}
 */
export function receiveWhole(
  receiver: Receiver,
  body: Uint8Array | null,
  contentType: string,
): Received | Promise<Received> {
  const { host, policy } = receiver
  if (body === null) throw new RefusedBody(host.bodyTooLarge(policy, contentType))
  if (body.byteLength > SMALL && !isMultipart(contentType)) return receiveLarge(receiver, body, contentType)
  return argumentsOf(receiver, body, host.decodeCall(policy, contentType, body))
}

async function receiveLarge(receiver: Receiver, body: Uint8Array, contentType: string): Promise<Received> {
  return argumentsOf(receiver, body, await receiver.host.decodeTextLater(receiver.policy, contentType, body))
}

function argumentsOf(
  receiver: Receiver,
  body: Uint8Array,
  decoded: null | native.Decoded | native.DecodedText | Refusal,
): Received | Promise<Received> {
  if (decoded === null) return { args: JSON.parse(textOf(body)) as unknown[] }
  if ('status' in decoded) throw new RefusedBody(decoded)
  return materialise(receiver, { files: [], ...decoded }).then((args) => ({ args }))
}

/** A form that was sent without JavaScript. */
export interface ReceivedForm extends Received {
  id: string
  state: FormState | null
  usage: Usage
}

/**
 * The action and the arguments of a form; `null` if it names none.
 *
 * @throws (rejects) {@link RefusedBody}
 */
export async function receiveForm(
  receiver: Receiver,
  body: Uint8Array | AsyncIterable<Chunk>,
  contentType: string,
): Promise<ReceivedForm | null> {
  const { host } = receiver
  if (!(body instanceof Uint8Array)) return receiveArrivingForm(receiver, body, contentType)
  const form = host.decodeForm(contentType, body)
  if (form === null) return null
  if ('status' in form) throw new RefusedBody(form)
  return { id: form.id, state: form.state, usage: form.usage, args: await materialise(receiver, form) }
}

async function receiveArrivingForm(
  receiver: Receiver,
  chunks: AsyncIterable<Chunk>,
  contentType: string,
): Promise<ReceivedForm | null> {
  const form = receiver.host.arrivingForm(contentType, tmpdir())
  if ('status' in form) throw new RefusedBody(form)
  const close = (): void => form.close()
  try {
    for await (const chunk of unbroken(chunks)) {
      const refusal = await form.push(chunk)
      if (refusal) throw new RefusedBody(refusal)
    }
    const arrived = await form.end()
    if (arrived === null) return null
    if ('status' in arrived) throw new RefusedBody(arrived)
    const files: (Uint8Array | Blob)[] = []
    for (const [index, file] of await filesOf(arrived.arguments)) files[index] = file
    const args = await materialise(receiver, { ...arrived.arguments, files })
    return { id: arrived.id, state: arrived.state, usage: arrived.usage, args, close }
  } catch (error) {
    close()
    throw error
  }
}

/** Builds the values of a decoded body; the functions among them are loaded first. */
async function materialise(receiver: Receiver, decoded: WithFiles): Promise<unknown[]> {
  const functions = new Functions(receiver)
  await functions.load(decoded.references)
  return revive(decoded.text, decoded.program, { blobs: decoded.files, reference: functions.reference }) as unknown[]
}

/** @throws (rejects) {@link RefusedBody} */
export async function receiveArriving(receiver: Receiver, exchange: Exchange, contentType: string): Promise<Received> {
  const call = receiver.host.arriving(receiver.policy, contentType, tmpdir())
  if ('status' in call) throw new RefusedBody(call)
  const functions = new Functions(receiver)
  const stop = new AbortController()
  const close = (): void => {
    stop.abort()
    call.close()
  }
  try {
    const args = await reviveArriving(piecesOf(call, exchange), {
      reference: functions.reference,
      load: (ids) => functions.load(ids),
      signal: stop.signal,
    })
    return { args: args as unknown[], close }
  } catch (error) {
    close()
    throw error
  }
}

async function* piecesOf(call: ArrivingCall, exchange: Exchange): AsyncGenerator<ArrivedPiece, void> {
  const decoded = exchange.decoded?.(call)
  if (decoded) {
    for await (const arrived of unbroken(decoded)) yield* await opened(arrived)
    return
  }
  for await (const chunk of unbroken(exchange.chunks())) yield* await opened(await call.push(chunk))
  yield* await opened(await call.end())
}

async function opened(arrived: native.Arrived): Promise<ArrivedPiece[]> {
  if (arrived === null) return []
  if ('status' in arrived) throw new RefusedBody(arrived)
  return [{ ...arrived, files: await filesOf(arrived) }]
}

function filesOf({ files }: native.ArrivedPiece): Promise<ArrivedPiece['files']> {
  return Promise.all(
    files.map(async ({ index, content }) => [index, typeof content === 'string' ? await openAsBlob(content) : content] as const),
  )
}

/** Tells who reads the body for us that nobody wants the rest. */
export function leave(body: Uint8Array | AsyncIterable<Chunk>): void {
  if (!(body instanceof Uint8Array)) void body[Symbol.asyncIterator]().return?.().catch(() => {})
}

/** The functions that a body refers to. */
class Functions {
  readonly #receiver: Receiver
  readonly #loaded = new Map<string, Action>()

  constructor(receiver: Receiver) {
    this.#receiver = receiver
  }

  async load(ids: string[]): Promise<void> {
    for (const id of ids) {
      const action = await loadAction(id, this.#receiver.table)
      if (!action) throw new RefusedBody(this.#receiver.host.unknownAction())
      this.#loaded.set(id, action)
    }
  }

  readonly reference = (id: string, bound: unknown[] | null): unknown => {
    const action = this.#loaded.get(id)!
    return bound === null ? action : action.bind(null, ...bound)
  }
}

export function isMultipart(contentType: string): boolean {
  return /^\s*multipart\//i.test(contentType)
}

/** What UTF-8 says. */
export function textOf({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString()
}
