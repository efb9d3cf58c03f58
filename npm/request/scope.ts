/**
 * What surrounds the code of an action that has a policy: the end of its time, and its places among the calls at a time.
 * One store for the whole process, as that of `context.ts`, and for the same reason.
 */

import { AsyncLocalStorage } from 'node:async_hooks'

export interface Scope {
  /** Aborts when the time is up. */
  signal: AbortSignal | undefined
  /** Whose calls are counted, and hold a place here. */
  places: readonly HeldPlace[]
}

/** A place that nobody else has as long as somebody keeps it. */
export interface HeldPlace {
  readonly of: object
  keep(): void
  release(): void
}

const KEY = Symbol.for('errand.scope')

const globals = globalThis as { [KEY]?: AsyncLocalStorage<Scope> }

const storage: AsyncLocalStorage<Scope> = (globals[KEY] ??= new AsyncLocalStorage())

export function currentScope(): Scope | undefined {
  return storage.getStore()
}

/** Runs `work` and all that it awaits in `inner`, which lies in the scope around. */
export function runInScope<T>(inner: Scope, work: () => T): T {
  const outer = currentScope()
  if (!outer) return storage.run(inner, work)
  const signals = [inner.signal, outer.signal].filter((signal) => signal !== undefined)
  const signal = signals.length > 1 ? AbortSignal.any(signals) : signals[0]
  return storage.run({ signal, places: [...inner.places, ...outer.places] }, work)
}
