/** What every kind of answer ends with: its head, its cookies, what comes after it. */

import type { CallHead, Refusal } from '../../native/index.ts'
import { type RequestContext, runInContext } from '../../request/context.ts'
import { type Answer, closing } from '../exchange.ts'
import type { Received } from '../receiving.ts'
import { seenCookie } from '../seen.ts'
import { digestOf, report } from './failed.ts'
import { outcomeOf, type Run } from './run.ts'
import type { Pipeline } from './state.ts'

export function headOf({ host, plainHead }: Pipeline, { context, redirect, failure }: Run): CallHead | Refusal {
  const { paths, tags, refreshed } = context
  const isPlain = paths.size + tags.size === 0 && !refreshed && redirect === null && failure === null
  return isPlain ? plainHead : host.callHead({ paths: [...paths], tags: [...tags], refreshed, redirect, failure })
}

export function withCookies({ settings }: Pipeline, headers: string[], { cookies, seen }: RequestContext): string[] {
  const seenBy = seenCookie(settings.cache, seen)
  if (!cookies.isChanged && seenBy === null) return headers
  const all = [...headers]
  for (const cookie of cookies.setCookies) all.push('set-cookie', cookie)
  if (seenBy !== null) all.push('set-cookie', seenBy)
  return all
}

/** Sees to it that things are cleaned up, and done, when the answer was sent. */
export function finished(pipeline: Pipeline, received: Received | undefined, run: Run, answer: Answer): Answer {
  if (received?.close) answer.body = closing(answer.body, received.close)
  const isOpen = answer.body instanceof ReadableStream
  if (isOpen || run.context.after.length > 0) answer.closed = () => afterwards(pipeline, run)
  run.observed?.answered(answer, outcomeOf(run), run.digest, run.error)
  return answer
}

/** What the action left to be done when its answer was sent. */
function afterwards({ settings, host, pending }: Pipeline, run: Run): void {
  const { context } = run
  if (context.after.length === 0) return
  const one = async (work: () => unknown): Promise<void> => {
    try {
      await work()
    } catch (error) {
      report(settings, error, { ...run, digest: digestOf(host, error) })
    }
  }
  const all = async (): Promise<void> => {
    while (context.after.length > 0) {
      const works = context.after
      context.after = []
      await Promise.all(works.map(one))
    }
  }
  context.isSent = true
  const work = runInContext(context, all).finally(() => pending.delete(work))
  pending.add(work)
}
