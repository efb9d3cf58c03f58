/** `errand/client/order`: calls of one action that wait for each other, or take each other's place. */

import { CallError } from './errors.ts'
import type { ServerReference } from './reference.ts'

/** An action in the browser, as types see it: what the compiler made of it can be called with options. */
type Action<Args extends unknown[], Result> = (...args: Args) => Promise<Result>

/**
 * The action, of whose calls only the last one counts: each aborts the one before it, here and on the server (`signal()` of
 * `errand/headers`), which rejects with a CallError `errand::superseded`.
 *
 * ```ts
 * const search = latest(searchPosts)
 * input.oninput = async () => show(await search(input.value))
 * ```
 */
export function latest<Args extends unknown[], Result>(action: Action<Args, Result>): Action<Args, Result> {
  let before: AbortController | undefined
  return (...args) => {
    before?.abort(new CallError('errand::superseded', 'A later call took its place'))
    before = new AbortController()
    return (action as unknown as ServerReference).with({ signal: before.signal })(...args)
  }
}

/** The action, of whose calls each is sent when the one before it has settled. */
export function serial<Args extends unknown[], Result>(action: Action<Args, Result>): Action<Args, Result> {
  let before: Promise<unknown> = Promise.resolve()
  return (...args) => {
    const run = (): Promise<Result> => action(...args)
    const running = before.then(run, run)
    before = running
    return running
  }
}
