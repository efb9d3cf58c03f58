/** The places of one action's calls at a time. Rust counts them; here waits who has to. */

import type { Refusal } from '../native/index.ts'
import { errandError } from '../request/context.ts'
import type { HeldPlace } from '../request/scope.ts'

/** 0: it has its place; 1: it has to wait. */
export type Turn = 0 | 1

/** Who counts. */
export interface Counter {
  enter(): Turn | Refusal
  /** Whether the one that waits longest has its place now. */
  leave(): boolean
  giveUp(): void
}

export class Places {
  readonly #counter: Counter
  readonly #waiting: (() => void)[] = []
  /** Turns of those who were told to wait, and have not begun to. */
  #ready = 0
  #taken = 0

  constructor(counter: Counter) {
    this.#counter = counter
  }

  /** Whether nobody has a place, or waits for one. */
  get isIdle(): boolean {
    return this.#taken + this.#waiting.length === 0
  }

  /** @throws what {@link refusedError} makes of a full queue */
  enter(signal: () => AbortSignal | undefined): Place | Promise<Place> {
    const entered = this.#counter.enter()
    if (typeof entered === 'object') throw refusedError(entered)
    return this.admitted(entered, signal)
  }

  /** The place of a call that was counted already. Rejects when the signal aborts before it is its turn. */
  admitted(turn: Turn, signalOf: () => AbortSignal | undefined): Place | Promise<Place> {
    if (turn === 0) return this.#take()
    if (this.#ready > 0) {
      this.#ready--
      return this.#take()
    }
    const signal = signalOf()
    return new Promise((resolve, reject) => {
      const goOn = (): void => {
        signal?.removeEventListener('abort', giveUp)
        resolve(this.#take())
      }
      const giveUp = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(goOn), 1)
        this.#counter.giveUp()
        reject(signal?.reason)
      }
      this.#waiting.push(goOn)
      if (signal?.aborted) giveUp()
      else signal?.addEventListener('abort', giveUp, { once: true })
    })
  }

  #take(): Place {
    this.#taken++
    return new Place(this, () => this.#leave())
  }

  #leave(): void {
    this.#taken--
    if (!this.#counter.leave()) return
    const next = this.#waiting.shift()
    if (next) next()
    else this.#ready++
  }
}

/** It is given back when the last that keeps it lets it go: a function that runs on after its time-out keeps it. */
export class Place implements HeldPlace {
  readonly of: Places
  readonly #leave: () => void
  #keepers = 1

  constructor(of: Places, leave: () => void) {
    this.of = of
    this.#leave = leave
  }

  keep(): void {
    this.#keepers++
  }

  release(): void {
    if (--this.#keepers === 0) this.#leave()
  }
}

/** A refusal as an error, for code in this process; the pipeline answers with it. */
export function refusedError(refusal: Refusal): Error & { code: string; refusal: Refusal } {
  const { message } = JSON.parse(refusal.body) as { message: string } // our own text
  return Object.assign(errandError(refusal.code, message), { refusal })
}
