/** `action()`: what a single action may be asked, beside what the server says of all. */

import type { ActionPolicy } from '../../index.d.ts'
import { native, type PolicySettings } from '../native/index.ts'
import { currentContext, errandError } from '../request/context.ts'
import { currentScope, runInScope } from '../request/scope.ts'
import { checkerOf, type InputOf, type InputSchema, type OutputOf } from './input.ts'
import { type Place, Places, refusedError } from './places.ts'

/** What an action takes. `docs/policies.md` says how and when each of it is enforced. */
export interface ActionOptions<Input = InputSchema | undefined> extends ActionPolicy {
  /**
   * A Standard Schema (zod, valibot, arktype, …) for the first argument, or a list with one for each. The function gets
   * what they give, and nothing else; what they refuse is an `ActionError` with the code `errand::invalid-input` and the
   * issues in its data.
   */
  input?: Input
}

/**
 * Gives a function rules of its own. What is written as literals, the compiler reads: then a call that breaks them is
 * refused before its body is read.
 *
 * ```ts
 * export const upload = action({ limit: '1mb', files: { count: 3, size: '5mb' }, timeout: 30_000 }, async (form: FormData) => { … })
 * ```
 *
 * In this process, in a test for one, the function is called with the same rules but those on bodies.
 *
 * @throws `errand::bad-option` with what is wrong with the options
 */
export function action<const Input extends InputSchema, Result>(
  options: ActionOptions<Input> & { input: Input },
  fn: (...args: OutputOf<Input>) => Result,
): (...args: InputOf<Input>) => Promise<Awaited<Result>>
export function action<Args extends unknown[], Result>(
  options: ActionPolicy & { input?: undefined },
  fn: (...args: Args) => Result,
): (...args: Args) => Promise<Awaited<Result>>
export function action({ input, ...policy }: ActionOptions, fn: AnyFunction): AnyFunction {
  if (typeof fn !== 'function') throw errandError('errand::bad-option', 'action: its second argument is not a function')
  const settings = policySettings(policy)
  const check = input === undefined ? undefined : checkerOf(input)
  return policed(settings, async (args) => fn(...(check ? await check(args) : args)), fn)
}

// What an action takes and gives is its own affair.
type AnyFunction = (...args: any[]) => unknown

const KEY = Symbol.for('errand.policy')

/** What a function knows of its policy. */
export interface Policed {
  settings: PolicySettings
  /** Its places among the calls at a time; a host that counts its calls too puts its own here. */
  places: Places | undefined
}

export function policyOf(fn: AnyFunction): Policed | undefined {
  return (fn as { [KEY]?: Policed })[KEY]
}

/** `fn` with only that enforced which needs no body. */
export function withPolicy(settings: PolicySettings, fn: AnyFunction): AnyFunction {
  return policed(settings, async (args) => fn(...args), fn)
}

function policed(settings: PolicySettings, run: (args: unknown[]) => Promise<unknown>, { name, length }: AnyFunction): AnyFunction {
  const policy = new native.Policy(settings)
  const timeoutMs = policy.timeout()
  const own: Policed = { settings, places: policy.hasPlaces() ? new Places(policy) : undefined }
  const action = async (...args: unknown[]): Promise<unknown> => {
    const place = own.places && (await placeIn(own.places))
    const places = place ? [place] : []
    if (timeoutMs === null && !place) return run(args)
    const end = new AbortController()
    const signal = timeoutMs === null ? undefined : end.signal
    const running = runInScope({ signal, places }, () => run(args)).finally(() => place?.release())
    return timeoutMs === null ? running : within(timeoutMs, running, end)
  }
  return Object.defineProperties(action, {
    name: { value: name, configurable: true },
    length: { value: length, configurable: true },
    [KEY]: { value: own },
  })
}

/** A function that holds a place may call itself: it needs no second one. */
function placeIn(places: Places): Place | Promise<Place> {
  const held = currentScope()?.places.find(({ of }) => of === places) as Place | undefined // only places are of places
  held?.keep()
  return held ?? places.enter(() => currentScope()?.signal ?? currentContext()?.request.signal())
}

/** What `running` gives, unless that takes longer: then `end` tells it, and nobody waits for it any more. */
function within(ms: number, running: Promise<unknown>, end: AbortController): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(refusedError(native.timedOut(ms)))
      end.abort(new DOMException(`The action took more than ${ms} ms`, 'TimeoutError'))
    }, ms)
    running.then(resolve, (error) => {
      // It may fail by what it was told; of anything else somebody has to know.
      if (end.signal.aborted && error !== end.signal.reason) console.error('errand: an action failed after its time-out\n', error)
      reject(error)
    }).finally(() => clearTimeout(timer))
  })
}

const KNOWN = ['limit', 'timeout', 'files', 'concurrency', 'queue']

/** Sizes and times cross as text, whichever way they were written. */
export function policySettings(policy: ActionPolicy): PolicySettings {
  const unknown = Object.keys(policy).find((key) => !KNOWN.includes(key))
  if (unknown !== undefined) throw errandError('errand::bad-option', `action: there is no option '${unknown}'`)
  const { limit, timeout, files, concurrency, queue } = policy
  const { count, size, types } = typeof files === 'object' ? files : { count: files }
  return {
    ...(limit === undefined ? {} : { limit: String(limit) }),
    ...(count === undefined ? {} : { fileCount: count }),
    ...(size === undefined ? {} : { fileSize: String(size) }),
    ...(types === undefined ? {} : { fileTypes: types }),
    ...(timeout === undefined ? {} : { timeout: String(timeout) }),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(queue === undefined ? {} : { queue }),
  }
}
