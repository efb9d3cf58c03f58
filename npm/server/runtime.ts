/**
 * `errand/runtime/server`: what compiled server code imports. It makes functions into React's server references, so
 * that React's own packages accept them as a form's `action`, a prop or an argument.
 */

import { encodeReference } from '../client/reply.ts'
import { errandError } from '../request/context.ts'
import { lowerGraph, revive } from '../values/index.ts'
import { hostOfProcess, loadAction, secretsOfProcess } from './host.ts'

export { bindCached, cacheFunction } from './cached-function.ts'

// Any function may be an action; what it takes and gives is its own affair.
type AnyFunction = (...args: any[]) => unknown

/** React's shape of a server reference, with what its HTML renderer asks of a form's action. */
export interface ServerReference extends AnyFunction {
  $$typeof: symbol
  $$id: string
  $$bound: null | unknown[]
  $$FORM_ACTION(prefix: string): FormAction
  $$IS_SIGNATURE_EQUAL(id: string, boundCount: number): boolean
}

/** Attributes and hidden fields of a form that works without JavaScript. */
export interface FormAction {
  name: string
  method: 'POST'
  encType: 'multipart/form-data'
  data: FormData | null
}

const SERVER_REFERENCE = Symbol.for('react.server.reference')

/** Values that an inline action captured, on their way to it: made by us, so nothing decoded can be one. */
class Captured {
  readonly values: unknown[]

  constructor(values: unknown[]) {
    this.values = values
  }
}

/**
 * Makes `fn` the action `id`. The same function again, as hot reloading does it, changes nothing.
 *
 * `place`: the export's file, line and column, where the compiler could not see what it is.
 *
 * @throws `errand::not-a-function` when the module's export turns out to be something else.
 */
export function registerServerReference<T>(fn: T, id: string, name: string, place?: string): T {
  if (typeof fn !== 'function') {
    const what = fn === null ? 'null' : Array.isArray(fn) ? 'an array' : fn === undefined ? 'undefined' : `of type ${typeof fn}`
    throw errandError(
      'errand::not-a-function',
      `a "use server" file can only export async functions, and '${name}' is ${what}${place === undefined ? '' : ` (${place})`}. ` +
        'Move it to a file without "use server".',
    )
  }
  if (Object.hasOwn(fn, '$$typeof')) {
    // One function under two names has two ids; the first name stays its identity.
    return fn
  }
  nameMoved(fn, name)
  return refer(fn as unknown as AnyFunction, id, () => null) as unknown as T
}

/**
 * Makes `fn` the action `id`, which expects the values it captured as its first argument. From the browser they come
 * sealed.
 */
export function registerCapturing(fn: AnyFunction, id: string, name: string): AnyFunction {
  nameMoved(fn, name)
  const action = {
    [name](first: unknown, ...rest: unknown[]): unknown {
      if (first instanceof Captured) return fn(first.values, ...rest)
      // What none of our secrets opens may be of a newer one.
      const secrets = secretsOfProcess()
      if (!secrets || hostOfProcess().mayOpen(String(first))) return fn(openCaptured(id, first), ...rest)
      return secrets.renew().then(() => fn(openCaptured(id, first), ...rest))
    },
  }[name] as AnyFunction
  return refer(action, id, () => null)
}

/**
 * The reference to a capturing action. `capture` is asked when the reference leaves the server or is called, as a
 * closure would read its variables; what leaves is sealed.
 */
export function bindCaptured(action: AnyFunction & { $$id?: string }, capture: () => unknown[]): AnyFunction {
  const id = action.$$id ?? ''
  let sealed: { epoch: number; text: string } | undefined
  let isSealing = false
  const seal = (): string => {
    if (isSealing) {
      throw errandError('errand::unserializable', `the action '${action.name}' captures a value that holds the action itself: pass that as an argument`)
    }
    isSealing = true
    try {
      return sealCaptured(id, capture())
    } finally {
      isSealing = false
    }
  }
  const reference = {
    [action.name](...args: unknown[]): unknown {
      let values: unknown[]
      try {
        values = capture()
      } catch (error) {
        return Promise.reject(error) // a variable that isn't initialised yet: no async function throws at once
      }
      return action(new Captured(values), ...args)
    },
  }[action.name] as AnyFunction
  return refer(reference, id, () => {
    const epoch = hostOfProcess().sealEpoch()
    if (sealed?.epoch !== epoch) sealed = { epoch, text: seal() }
    return [sealed.text]
  })
}

/** What the compiler moved got a name of its own, and what `action()` made may have none; stack traces shall show the author's. */
function nameMoved(fn: Function, name: string): void {
  if (fn.name !== name && (fn.name.startsWith('$') || fn.name === '')) Object.defineProperty(fn, 'name', { value: name, configurable: true })
}

function refer(fn: AnyFunction, id: string, bound: () => null | unknown[]): ServerReference {
  return Object.defineProperties(fn, {
    $$typeof: { value: SERVER_REFERENCE, configurable: true },
    $$id: { value: id, configurable: true },
    $$bound: { get: bound, configurable: true },
    $$FORM_ACTION: { value: formAction, configurable: true },
    $$IS_SIGNATURE_EQUAL: {
      value: (otherId: string, count: number) => otherId === id && (bound()?.length ?? 0) === count,
      configurable: true,
    },
    bind: { value: bind, configurable: true },
  }) as ServerReference
}

/** As `Function.prototype.bind`, but what it gives is a reference too. `this` is never bound: actions have none. */
function bind(this: ServerReference, _this: unknown, ...args: unknown[]): ServerReference {
  const target = this
  const call = { [target.name]: (...rest: unknown[]): unknown => target(...args, ...rest) }[target.name] as AnyFunction
  return refer(call, target.$$id, () => [...(target.$$bound ?? []), ...args])
}

/**
 * Hidden fields that name the action and hold its bound arguments: the parts of the reply `{ id, bound }`, each under
 * `$ACTION_<prefix>:`. React's HTML renderer calls it as a method.
 */
function formAction(this: ServerReference, prefix: string): FormAction {
  const form = { method: 'POST', encType: 'multipart/form-data' } as const
  if (this.$$bound === null) return { name: `$ACTION_ID_${this.$$id}`, ...form, data: null }
  return { name: `$ACTION_REF_${prefix}`, ...form, data: encodeReference(this, `$ACTION_${prefix}:`) }
}

function sealCaptured(id: string, values: unknown[]): string {
  const { text, program, blobs } = lowerGraph(values, 'captured')
  if (blobs.length > 0) throw errandError('errand::unserializable', 'an action can not capture a file')
  if (secretsOfProcess()?.ready) {
    throw errandError('errand::no-secret', 'the function given for `secret` has not answered yet: await handler.ready before rendering')
  }
  return hostOfProcess().seal(id, text, program)
}

function openCaptured(id: string, sealed: unknown): unknown[] {
  const opened = hostOfProcess().open(id, typeof sealed === 'string' ? sealed : '')
  if ('status' in opened) {
    throw Object.assign(errandError(opened.code, 'a captured value can not be opened'), { refusal: opened })
  }
  return revive(opened.text, opened.program, { blobs: [], reference: (id, bound) => reference(id, bound) }) as unknown[]
}

/** A captured action, called again by its id. */
function reference(id: string, bound: unknown[] | null): AnyFunction {
  const call = async (...args: unknown[]): Promise<unknown> => {
    const fn = await loadAction(id)
    if (!fn) throw errandError('errand::unknown-action', 'a captured action is not on this server')
    return fn(...(bound ?? []), ...args)
  }
  return refer(call, id, () => bound)
}
