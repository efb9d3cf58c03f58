/** What the compiler makes of functions with `"use cache"`. They are no references: nothing outside can call them. */

import { processCache } from './cache.ts'

// Any function may be cached; what it takes and gives is its own affair.
type AnyFunction = (...args: any[]) => unknown
type Cached = (...args: unknown[]) => Promise<unknown>

/** Of a cached function that captures values: the one for some of them. */
type CachedFor = (captured: () => unknown[], args: unknown[]) => Promise<unknown>

/**
 * The function that remembers what `fn` gives. Of its arguments the first `counted` matter, and `fn` gets no others.
 * `id` is of the source, so all processes with the same one share what they remember.
 *
 * `captures`: values come before the arguments, in one array; see {@link bindCached}.
 */
export function cacheFunction(fn: AnyFunction, id: string, name: string, counted: number, captures?: false): Cached
export function cacheFunction(fn: AnyFunction, id: string, name: string, counted: number, captures: true): CachedFor
export function cacheFunction(fn: AnyFunction, id: string, name: string, counted: number, captures = false): Cached | CachedFor {
  if (fn.name !== name) Object.defineProperty(fn, 'name', { value: name, configurable: true })
  // The cache is asked for at the first call: the server that configures it is made after its modules ran.
  const run = (args: unknown[], own: number): Promise<unknown> => processCache().compiled(id, fn, args.slice(0, counted + own))
  if (captures) {
    return async (captured: () => unknown[], args: unknown[]) => run([captured(), ...args], 1)
  }
  return { [name]: async (...args: unknown[]) => run(args, 0) }[name] as Cached
}

/** The cached function with what it captures here, which is a part of its entries' keys; read when it is called. */
export function bindCached(cached: CachedFor, captured: () => unknown[]): Cached {
  return (...args) => cached(captured, args)
}
