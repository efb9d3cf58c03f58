/** `errand/cache`: cached functions, and what invalidates them. */

import { processCache, type CachedOptions } from '../server/cache.ts'
import { currentContext, errandError, noting } from './context.ts'

export type { CachedOptions }

/**
 * Invalidates the page at `path`: its cached response is not served again, not even one whose rendering has begun
 * already. With `'layout'`, every page below `path` too; `revalidatePath('/', 'layout')` hits all pages.
 *
 * Takes effect at once, and once more when the action that called it ends, so that what was read between the call
 * and a later write doesn't stay. Outside of a request (a cron job, a webhook) it works the same.
 *
 * @throws `errand::revalidate-in-render` while a page renders or a cached function runs.
 */
export function revalidatePath(path: string, type: 'page' | 'layout' = 'page'): void {
  const context = changeable('revalidatePath()')
  processCache().revalidatePath(path, type)
  if (!context) return
  noting(context, 'paths').add(path)
  noting(context, 'again').add(() => processCache().revalidatePath(path, type))
}

/**
 * Invalidates everything that is tagged `tag`: results of {@link cached} functions and the pages that showed them.
 * Takes effect as {@link revalidatePath} does.
 *
 * @throws `errand::revalidate-in-render` while a page renders or a cached function runs.
 */
export function revalidateTag(tag: string): void {
  const context = changeable('revalidateTag()')
  processCache().revalidateTag(tag)
  if (!context) return
  noting(context, 'tags').add(tag)
  noting(context, 'again').add(() => processCache().revalidateTag(tag))
}

/**
 * A function that remembers what `fn` returned for the same arguments, until one of its tags is invalidated or it
 * gets too old. Calls with the same arguments at the same time share one run; errors are not remembered.
 *
 * Arguments and results are anything that a call can carry (dates, maps, big integers…), without files. Results are
 * copies: changing one changes nothing for others.
 *
 * ```ts
 * const listPosts = cached((page: number) => db.posts(page), { tags: ['posts'], revalidate: 3600 })
 * ```
 */
export function cached<Args extends unknown[], Result>(
  fn: (...args: Args) => Result | Promise<Result>,
  options: CachedOptions<Args> = {},
): (...args: Args) => Promise<Result> {
  return processCache().wrap(fn, options)
}

function changeable(who: string): ReturnType<typeof currentContext> {
  const context = currentContext()
  if (context && context.phase !== 'action') {
    throw errandError(
      'errand::revalidate-in-render',
      `${who} was called while a page renders or a cached function runs: call it in an action`,
    )
  }
  return context
}
