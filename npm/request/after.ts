import { requireContext } from './context.ts'

/**
 * Does something when the answer was sent, or the visitor is gone: write a log, send a mail, warm a cache. It runs however
 * the action ends, in its context: it may read cookies and invalidate, and set no cookies any more. What it throws goes to
 * `onError`; `handler.close()` waits for it.
 *
 * ```ts
 * after(() => log({ user, what: 'createPost' }))
 * ```
 *
 * @param work a function, or a promise of what has begun already
 * @throws `errand::no-request` outside of a request, `errand::request-in-cache` inside of `cached()`.
 */
export function after(work: (() => unknown) | PromiseLike<unknown>): void {
  const context = requireContext('after()')
  context.after = [...context.after, typeof work === 'function' ? work : () => work]
  if (typeof work !== 'function') Promise.resolve(work).catch(() => {}) // it is looked at when the answer was sent
}
