/** `errand/cache`: cached functions, and what invalidates them. */

import { type CachedOptions, type CacheLife, processCache, shorter } from '../server/cache.ts'
import { currentContext, errandError, noting, type RequestContext } from './context.ts'

export type { CachedOptions, CacheLife }

/**
 * Invalidates the page at `path`: its cached response is not served again, not even one whose rendering has begun
 * already. With `'layout'`, every page below `path` too; `revalidatePath('/', 'layout')` hits all pages. A path with a
 * parameter or a group (`/posts/[id]`, `/(shop)`) stands for all pages of that route.
 *
 * Takes effect at once, and once more when the action that called it ends, so that what was read between the call
 * and a later write doesn't stay. Outside of a request (a cron job, a webhook) it works the same. The promise settles
 * when every process knows it; an action's answer waits for that by itself.
 *
 * @throws `errand::revalidate-in-render` while a page renders or a cached function runs.
 */
export function revalidatePath(path: string, type: 'page' | 'layout' = 'page'): Promise<void> {
  const context = changeable('revalidatePath()')
  const mark = (): Promise<void> => processCache().revalidatePath(path, type)
  const done = mark()
  if (!context) return done
  noting(context, 'paths').add(path)
  return later(context, done, mark)
}

/**
 * Invalidates everything that is tagged `tag`: results of {@link cached} functions and the pages that showed them.
 * Takes effect as {@link revalidatePath} does.
 *
 * With a profile (`'max'`, `'hours'`, your own, or `{ expire }` in seconds) it is only stale: served until it was made
 * anew in the background, and gone after the profile's `expire`. The action's own answer doesn't change then.
 *
 * @throws `errand::revalidate-in-render` while a page renders or a cached function runs, `errand::bad-option` for a tag
 * or a profile that is none.
 */
export function revalidateTag(tag: string, profile?: CacheLife): Promise<void> {
  const context = changeable('revalidateTag()')
  const isSoft = profile !== undefined && !(typeof profile === 'object' && profile.expire === 0)
  const mark = (): Promise<void> => processCache().revalidateTag(tag, profile)
  const done = mark()
  if (!context) return done
  if (!isSoft) noting(context, 'tags').add(tag)
  return later(context, done, mark)
}

/**
 * As {@link revalidateTag} without a profile, for an action whose visitor is to see the change at once.
 *
 * @throws `errand::not-in-action` elsewhere: use `revalidateTag` there.
 */
export function updateTag(tag: string): Promise<void> {
  inAction('updateTag()')
  return revalidateTag(tag)
}

/**
 * Has the page that called rendered again in the action's answer, with cached data as it is.
 *
 * @throws `errand::not-in-action` elsewhere.
 */
export function refresh(): void {
  inAction('refresh()').refreshed = true
}

/**
 * Tags what is being computed: in a function of {@link cached} or with `"use cache"`, its result; while a page renders, its response.
 *
 * @throws `errand::not-cached` elsewhere, `errand::bad-option` for a tag that is none.
 */
export function cacheTag(...tags: string[]): void {
  const context = computing('cacheTag()')
  for (const tag of processCache().userTags(tags)) noting(context, 'dependencies').add(tag)
}

/**
 * Says how long what is being computed may be kept: a profile's name, or `{ revalidate, expire }` in seconds. Of several
 * the shortest counts, those of what it is made of included.
 *
 * @throws `errand::not-cached` elsewhere, `errand::bad-option` for a profile that is none.
 */
export function cacheLife(profile: CacheLife): void {
  const context = computing('cacheLife()')
  context.life = shorter(processCache().lifeOf(profile), context.life)
  context.isTimed = true
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

/**
 * Next's older name for {@link cached}. Functions with the same source and the same `keyParts` share their entries.
 */
export function unstable_cache<Args extends unknown[], Result>(
  fn: (...args: Args) => Result | Promise<Result>,
  keyParts: string[] = [],
  { tags = [], revalidate }: { tags?: string[]; revalidate?: number | false } = {},
): (...args: Args) => Promise<Result> {
  const life = typeof revalidate === 'number' ? { revalidate } : {}
  return cached(fn, { key: JSON.stringify([fn.toString(), ...keyParts]), tags, ...life })
}

/** The answer waits for `done`; `mark` is repeated when the action ends. */
function later(context: RequestContext, done: Promise<void>, mark: () => Promise<void>): Promise<void> {
  noting(context, 'again').add(mark)
  if (context.pending.length === 0) context.pending = []
  context.pending.push(done)
  return done
}

function inAction(who: string): RequestContext {
  const context = currentContext()
  if (context?.phase !== 'action') {
    throw errandError('errand::not-in-action', `${who} was called outside of an action`)
  }
  return context
}

function computing(who: string): RequestContext {
  const context = currentContext()
  if (!context || context.phase === 'action') {
    throw errandError('errand::not-cached', `${who} was called where nothing is computed that could be kept: call it in a cached function, or while a page renders`)
  }
  return context
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
