/** The policies of a handler's actions: those that its table knows, and those that functions bring. */

import { native, type Admitted, type NativeHost, type PolicySettings } from '../native/index.ts'
import { runInScope } from '../request/scope.ts'
import { type Policed, policyOf, policySettings, withPolicy } from './action.ts'
import type { ActionTable } from './actions.ts'
import { type Answer, closing, type Exchange } from './exchange.ts'
import type { Action } from './host.ts'
import { type Place, Places, refusedError } from './places.ts'

/** What the table says, by id. */
export function settingsOf(table: ActionTable): Record<string, PolicySettings> {
  const policed = Object.entries(table).filter(([, loader]) => loader?.policy !== undefined)
  return Object.fromEntries(policed.map(([id, { policy }]) => [id, policySettings(policy!)]))
}

export class Policies {
  readonly #host: NativeHost
  /** As text, to be compared. */
  readonly #known: Map<string, string>
  readonly #settings: Record<string, PolicySettings>
  readonly #places = new Map<number, Places>()
  readonly #policed = new WeakMap<Action, Action>()
  readonly #under = new WeakMap<Policed, number>()
  readonly #linked = new WeakSet<Policed>()

  constructor(host: NativeHost, settings: Record<string, PolicySettings>) {
    this.#host = host
    this.#settings = settings
    this.#known = new Map(Object.entries(settings).map(([id, it]) => [id, JSON.stringify(it)]))
  }

  /** The place of a call that was admitted under a policy. */
  admitted({ policy, turn }: Admitted, exchange: Exchange): Place | undefined | Promise<Place> {
    return this.#placesOf(policy)?.admitted(turn, () => exchange.signal())
  }

  /** A place for a call that only now says which action it is for. */
  enter(policy: number, exchange: Exchange): Place | undefined | Promise<Place> {
    return policy === 0 ? undefined : this.#placesOf(policy)?.enter(() => exchange.signal())
  }

  /** The function `action` as it is to be called; of `policy`, it counts its calls with those of the host. */
  policed(id: string, action: Action, policy: number): Action {
    const settings = Object.hasOwn(this.#settings, id) ? this.#settings[id] : undefined
    const own = policyOf(action)
    if (own) {
      this.#link(own, policy)
      return action
    }
    if (!settings) return action
    const made = this.#policed.get(action) ?? withPolicy(settings, action)
    this.#policed.set(action, made)
    this.#link(policyOf(made)!, policy)
    return made
  }

  /** The number under which the body of a call is read: where the table knows less than the function, that may ask for less. */
  under(id: string, action: Action, policy: number): number {
    const own = policyOf(action)
    if (!own) return policy
    const learned = this.#under.get(own)
    if (learned !== undefined) return learned
    const isKnown = (this.#known.get(id) ?? '{}') === JSON.stringify(own.settings)
    const under = isKnown ? policy : this.#host.learn(policy, own.settings)
    this.#under.set(own, under)
    return under
  }

  /** `receiving`, unless the body takes longer to arrive than `policy` lets it. */
  inTime<T extends { close?(): void }>(policy: number, receiving: Promise<T>): Promise<T> {
    const ms = policy === 0 ? null : this.#host.timeoutOf(policy)
    if (ms === null) return receiving
    return new Promise((resolve, reject) => {
      let isLate = false
      const timer = setTimeout(() => {
        isLate = true
        reject(refusedError(native.timedOut(ms)))
      }, ms)
      receiving.then((received) => (isLate ? received.close?.() : resolve(received)), reject).finally(() => clearTimeout(timer))
    })
  }

  /**
   * From now on the function's calls are counted where the host counts them. Until then it counts them itself, those of the
   * host among them. Once: places of several names, taken in any order, could wait for each other.
   */
  #link(own: Policed, policy: number): void {
    const places = this.#placesOf(policy)
    if (!places || this.#linked.has(own) || own.places?.isIdle === false) return
    this.#linked.add(own)
    own.places = places
  }

  #placesOf(policy: number): Places | undefined {
    if (policy === 0 || !this.#host.hasPlaces(policy)) return undefined
    const host = this.#host
    const places =
      this.#places.get(policy) ??
      new Places({ enter: () => host.enter(policy), leave: () => host.leave(policy), giveUp: () => host.giveUp(policy) })
    this.#places.set(policy, places)
    return places
  }
}

/** What `answer` gives; the place is given back when that was sent. */
export async function keeping(place: Place | undefined, answer: () => Promise<Answer>): Promise<Answer> {
  if (!place) return answer()
  try {
    const answered = await answer()
    answered.body = closing(answered.body, () => place.release())
    return answered
  } catch (error) {
    place.release()
    throw error
  }
}

/** `action`, whose calls run at `place`. */
export function at(place: Place | undefined, action: Action): Action {
  if (!place) return action
  const placed = (...args: unknown[]): unknown => runInScope({ signal: undefined, places: [place] }, () => action(...args))
  return Object.defineProperty(placed, 'name', { value: action.name })
}
