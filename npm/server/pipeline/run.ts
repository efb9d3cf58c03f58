/** The user's function between guard and answer, and how it ended. */

import { ActionError } from '../../client/errors.ts'
import type { CallOutcome, Failure, Refusal } from '../../native/index.ts'
import { newContext, type RequestContext, runInContext } from '../../request/context.ts'
import { navigationOf, type RedirectType } from '../../request/navigation.ts'
import type { Exchange } from '../exchange.ts'
import type { Action } from '../host.ts'
import type { ObservedCall, Outcome } from '../observe/index.ts'
import type { Call, Guard, Settings } from '../options.ts'
import { digestOf, report } from './failed.ts'
import { proxiedOf } from './seen-from.ts'
import { isRefused, type Pipeline } from './state.ts'

/** A call that is made, and how it goes. */
export interface Run {
  call: ActionCall
  context: RequestContext
  redirect: CallOutcome['redirect']
  failure: Failure | null
  value: unknown
  /** What was thrown, unless it was control flow. */
  error: unknown
  digest: string
  refusal: Refusal | undefined
  observed: ObservedCall | undefined
}

export function outcomeOf({ redirect, failure, refusal }: Run): Outcome {
  return refusal ? 'refused' : (failure ?? (redirect ? 'redirect' : 'ok'))
}

class ActionCall implements Call {
  readonly id: string
  readonly name: string
  args: unknown[] = NO_ARGUMENTS
  readonly host: unknown
  readonly #exchange: Exchange

  constructor(exchange: Exchange, id: string, name: string) {
    this.id = id
    this.name = name
    this.host = exchange.host
    this.#exchange = exchange
  }

  get request(): Request {
    return this.#exchange.request()
  }

  /** As `onError` gets it. */
  failed(digest: string): Call & { digest: string } {
    return Object.assign(new ActionCall(this.#exchange, this.id, this.name), { args: this.args, digest })
  }
}

/** Until the body was read. */
const NO_ARGUMENTS: unknown[] = []

export function newRun({ observer }: Pipeline, exchange: Exchange, id: string, action: Action, kind: 'call' | 'form'): Run {
  return {
    call: new ActionCall(exchange, id, action.name),
    context: newContext('action', exchange),
    redirect: null,
    failure: null,
    value: undefined,
    error: undefined,
    digest: '',
    refusal: undefined,
    observed: observer.call(exchange, kind, id, action.name),
  }
}

/** Whether the page that called may look different now. */
export function hasChanged({ context, failure }: Run): boolean {
  const { paths, tags, cookies } = context
  const isPage = failure !== null && failure !== 'unexpected' && failure !== 'declared'
  return paths.size + tags.size > 0 || context.refreshed || cookies.isChanged || isPage
}

/** Asks the user's guard. What it throws is how the call ends. */
export async function isAllowed(pipeline: Pipeline, exchange: Exchange, run: Run, guard: Guard): Promise<boolean> {
  const { host } = pipeline
  let answer: unknown
  try {
    answer = await runInContext(run.context, () => guard(run.call))
    if (answer !== false) return true
    run.refusal = host.guardRefused(run.call.id)
  } catch (error) {
    fail(pipeline, exchange, run, error)
  }
  return false
}

/** Calls the action and sees it to its end. */
export async function runAction(pipeline: Pipeline, exchange: Exchange, run: Run, action: Action): Promise<void> {
  try {
    returned(pipeline, exchange, run, await startAction(pipeline, run, action))
  } catch (error) {
    fail(pipeline, exchange, run, error)
  }
  if (run.context.again.size > 0) await acknowledge(pipeline, exchange, run)
}

/** Calls the action; gives what it does, which mostly is a promise. */
export function startAction(pipeline: Pipeline, { call, context, observed }: Run, action: Action): unknown {
  const work = (): unknown => runInContext(context, () => throughMiddleware(pipeline.settings.middleware, call, action))
  return observed ? observed.run(call.args.length, async () => work()) : work()
}

/** The action is done, and gave `value`. */
export function returned(pipeline: Pipeline, exchange: Exchange, run: Run, value: unknown): void {
  run.value = value
  const swallowed = navigationOf(run.context.redirect)
  if (swallowed && 'redirect' in swallowed) {
    run.redirect = redirectOf(pipeline, swallowed, exchange)
    warnSwallowed(run.call)
  }
}

/**
 * Invalidates once more, for what others computed between a call of `revalidate…` and a later write is dropped too. The answer
 * waits until every process knows: the visitor's next request may go to another one.
 */
export async function acknowledge(pipeline: Pipeline, exchange: Exchange, run: Run): Promise<void> {
  const { again, pending } = run.context
  try {
    await Promise.all([...pending, ...Array.from(again, (invalidate) => invalidate())])
  } catch (error) {
    fail(pipeline, exchange, run, error)
  }
}

/** What was thrown, as the call's end. */
export function fail(pipeline: Pipeline, exchange: Exchange, run: Run, error: unknown): void {
  const navigation = navigationOf(error)
  if (navigation && 'redirect' in navigation) {
    run.redirect = redirectOf(pipeline, navigation, exchange)
  } else if (isRefused(error)) {
    run.refusal = error.refusal
    run.context.isSent = true // it may go on, but nobody will see what it sets
  } else {
    run.error = error ?? new Error(String(error))
    run.failure = navigation ? failureOf(navigation.status) : error instanceof ActionError ? 'declared' : 'unexpected'
    run.digest = digestOf(pipeline.host, error)
    if (run.failure === 'unexpected') report(pipeline.settings, error, run)
  }
}

function throughMiddleware(middleware: Settings['middleware'], call: Call, action: Action): unknown {
  const step = async (at: number): Promise<unknown> => {
    const next = middleware[at]
    return next ? next(call, () => step(at + 1)) : action(...call.args)
  }
  return middleware.length === 0 ? action(...call.args) : step(0)
}

function redirectOf(
  { host }: Pipeline,
  { redirect, type, permanent }: { redirect: string; type: RedirectType; permanent: boolean },
  exchange: Exchange,
): CallOutcome['redirect'] {
  const own = host.authority(exchange.header('host'), proxiedOf(exchange)) ?? undefined
  return { target: redirect, permanent, replace: type === 'replace', page: exchange.url, host: own }
}

/** In the action's own words it returned; but the visitor was promised another page. */
function warnSwallowed({ name, id }: Call): void {
  if (process.env['NODE_ENV'] === 'production') return
  console.warn(
    `errand: a catch in the action '${name || id}' swallowed a redirect, which is made all the same. ` +
      'Call redirect() behind the try, or let its error through.',
  )
}

function failureOf(status: number): Failure {
  return status === 401 ? 'unauthorized' : status === 403 ? 'forbidden' : 'not-found'
}
