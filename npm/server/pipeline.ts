/**
 * One call, from request to answer. Which request is a call, who may make it, what its body means and what the
 * answer's head says are Rust's decisions; here the user's code runs between them.
 */

import { ActionError } from '../client/errors.ts'
import {
  native,
  type CallHead,
  type CallOutcome,
  type Failure,
  type FormState,
  type NativeHost,
  type Proxied,
  type Refusal,
} from '../native/index.ts'
import { newContext, type RequestContext, runInContext } from '../request/context.ts'
import { navigationOf, type RedirectType } from '../request/navigation.ts'
import { lower } from '../values/index.ts'
import { policyOf } from './action.ts'
import { type Answer, type Body, closing, type Exchange, fromResponse } from './exchange.ts'
import { type Action, loadAction } from './host.ts'
import { type ObservedCall, Observer, type Outcome } from './observe/index.ts'
import type { Call, Guard, Renderer, Settings } from './options.ts'
import type { Place } from './places.ts'
import { at, keeping, Policies } from './policies.ts'
import { errorRow, redacted } from './redact.ts'
import {
  isMultipart, isReadWhole, leave, receive, receiveArriving, type Received, type ReceivedForm, receiveForm, receiveWhole, RefusedBody,
} from './receiving.ts'
import { keepSecrets, type SecretKeeper, warnAboutSecret } from './secrets.ts'
import { seenCookie } from './seen.ts'
import { sendRows } from './sending.ts'

/** Everything a call needs that lives longer than it. */
export interface Pipeline {
  settings: Settings
  host: NativeHost
  secrets: SecretKeeper | undefined
  observer: Observer
  /** The head of a call without effects, which most calls are. */
  plainHead: CallHead
  /** The rows of a call without a result, which many are. */
  plainRows: string
  /** What is being done after answers. */
  pending: Set<Promise<void>>
  policies: Policies
  /** Bytes that most bodies may have. */
  textLimit: number
}

export function createPipeline(settings: Settings): Pipeline {
  const host = new native.Host(settings.host)
  const plainHead = host.callHead({ paths: [], tags: [], refreshed: false, redirect: null, failure: null })
  const { text, program } = lower(undefined)
  const plainRows = native.encodeCall(text, program, []) as string
  warnAboutSecret(host, settings)
  const secrets = keepSecrets(host, settings.askForSecrets)
  // Only a redirect can be refused.
  const policies = new Policies(host, settings.host.policies)
  const textLimit = host.bodyLimit(0, 'text/plain')
  const observer = new Observer(settings.observe, Object.keys(settings.table))
  return { settings, host, secrets, observer, plainHead: plainHead as CallHead, plainRows, pending: new Set(), policies, textLimit }
}

function headOf({ host, plainHead }: Pipeline, { context, redirect, failure }: Run): CallHead | Refusal {
  const { paths, tags, refreshed } = context
  const isPlain = paths.size + tags.size === 0 && !refreshed && redirect === null && failure === null
  return isPlain ? plainHead : host.callHead({ paths: [...paths], tags: [...tags], refreshed, redirect, failure })
}

/** Answers `exchange` if it is an action's, else gives `null` and leaves its body unread. */
export function answer(pipeline: Pipeline, exchange: Exchange): Answer | null | Promise<Answer | null> {
  const { host } = pipeline
  const contentLength = lengthOf(exchange)
  const from = [exchange.header('host'), exchange.header('origin'), exchange.header('sec-fetch-site'), proxiedOf(exchange)] as const
  const contentType = exchange.header('content-type')
  const id = exchange.header('errand-action')
  const admission = host.admit(exchange.method, id, contentType, contentLength, ...from)
  if (admission === 0) return null
  if (typeof admission === 'object') {
    if ('status' in admission) return refuse(pipeline, admission)
    return answerInTurn(pipeline, exchange, { id: id ?? '', contentType: contentType ?? '', ...admission })
  }
  if (admission === 1) return answerCall(pipeline, exchange, { id: id ?? '', contentType: contentType ?? '', policy: 0 })
  return answerForm(pipeline, exchange, contentType ?? '', () => host.admitForm(contentLength, ...from))
}

function lengthOf(exchange: Exchange): number | undefined {
  const length = exchange.header('content-length')
  return length === undefined ? undefined : Number(length)
}

/** A fetch call that may be made; 0 is no policy. */
interface Admitted {
  id: string
  contentType: string
  policy: number
}

/** What proxies say, if they say something. */
function proxiedOf(exchange: Exchange): Proxied | undefined {
  const host = exchange.header('x-forwarded-host')
  const forwarded = exchange.header('forwarded')
  if (host === undefined && forwarded === undefined) return undefined
  return { host, port: exchange.header('x-forwarded-port'), forwarded, peer: exchange.peer() }
}

/** Answers a call that the host has admitted. */
// Every promise on the way of a call is work for the hooks that keep its context: where one can be spared, it is.
export async function answerCall(
  pipeline: Pipeline,
  exchange: Exchange,
  { id, contentType, policy: admitted }: Admitted,
  place?: Place,
): Promise<Answer> {
  const { host, settings, policies } = pipeline
  const starting = pipeline.secrets?.ready
  if (starting) await starting
  const loaded = loadAction(id, settings.table)
  const found = loaded instanceof Promise ? await loaded : loaded
  if (!found) return refuse(pipeline, host.unknownAction())
  const isFree = admitted === 0 && policyOf(found) === undefined
  const action = isFree ? found : at(place, policies.policed(id, found, admitted))
  const policy = isFree ? 0 : policies.under(id, found, admitted)
  if (policy !== admitted) {
    const tooLong = host.checkLength(policy, contentType, lengthOf(exchange))
    if (tooLong) return refuse(pipeline, tooLong)
  }
  const run = newRun(pipeline, exchange, id, action, 'call')
  if (settings.guard && !(await isAllowed(pipeline, exchange, run, settings.guard))) {
    return finished(pipeline, undefined, run, await answerOf(pipeline, exchange, run))
  }
  let received: Received
  try {
    const receiver = { host, table: settings.table, policy }
    const read =
      exchange.plain !== undefined
        ? { args: JSON.parse(exchange.plain) as unknown[] }
        : policy !== 0
          ? policies.inTime(policy, receive(receiver, exchange, contentType))
          : isReadWhole(exchange, contentType)
            ? receiveWhole(receiver, await exchange.body(isMultipart(contentType) ? host.bodyLimit(0, contentType) : pipeline.textLimit), contentType)
            : receiveArriving(receiver, exchange, contentType)
    received = read instanceof Promise ? await read : read
  } catch (error) {
    return refused(pipeline, error)
  }
  try {
    run.call.args = received.args
    await runAction(pipeline, exchange, run, action)
    const answered = answerOf(pipeline, exchange, run)
    return finished(pipeline, received, run, answered instanceof Promise ? await answered : answered)
  } catch (error) {
    received.close?.()
    throw error
  }
}

/** A call whose action has a policy: it begins when it has a place, and keeps it until its answer was sent. */
export async function answerInTurn(pipeline: Pipeline, exchange: Exchange, admitted: Admitted & { turn: 0 | 1 }): Promise<Answer> {
  let place: Place | undefined
  try {
    place = await pipeline.policies.admitted(admitted, exchange)
  } catch {
    return { status: 503, headers: [], body: null } // nobody is left to read it
  }
  return keeping(place, () => answerCall(pipeline, exchange, admitted, place))
}

function refused(pipeline: Pipeline, error: unknown): Answer {
  if (isRefused(error)) return refuse(pipeline, error.refusal)
  throw error
}

/** Sees to it that things are cleaned up, and done, when the answer was sent. */
function finished(pipeline: Pipeline, received: Received | undefined, run: Run, answer: Answer): Answer {
  if (received?.close) answer.body = closing(answer.body, received.close)
  const isOpen = answer.body instanceof ReadableStream
  if (isOpen || run.context.after.length > 0) answer.closed = () => afterwards(pipeline, run)
  run.observed?.answered(answer, outcomeOf(run), run.digest, run.error)
  return answer
}

/** What a fetch call is answered after `run`. */
function answerOf(pipeline: Pipeline, exchange: Exchange, run: Run): Answer | Promise<Answer> {
  const { settings } = pipeline
  if (run.refusal) return refuse(pipeline, run.refusal)
  const head = headOf(pipeline, run)
  if ('body' in head) return refuse(pipeline, head)
  const answer: Answer = { status: head.status, headers: withCookies(pipeline, head.headers, run.context), body: null }
  if (settings.renderer) return rendered(settings.renderer, exchange, run, head, answer)
  answer.body = encode(pipeline, run, answer)
  run.context.isSent = true
  return answer
}

/** The answer with the tree of the page that changed, or of the one that the action redirects to. */
async function rendered(
  renderer: Renderer,
  exchange: Exchange,
  run: Run,
  head: CallHead,
  answer: Answer,
): Promise<Answer> {
  const page = head.location === null ? (hasChanged(run) ? exchange.url : null) : head.internal ? head.location : null
  const result = run.error === undefined ? Promise.resolve(run.value) : Promise.reject(redacted(run.error, run.digest))
  result.catch(() => {}) // the renderer takes it; until then it is nobody's
  const request = nextRequest(exchange, run.context)
  answer.body = await runInContext(renderContext(exchange, run.context), () => renderer.call({ request, result, page }))
  return answer
}

async function answerForm(
  pipeline: Pipeline,
  exchange: Exchange,
  contentType: string,
  admit: () => Refusal | null,
): Promise<Answer | null> {
  const { host, settings, policies } = pipeline
  const body = await exchange.bodyIf((bytes) => host.namesAction(bytes), pipeline.textLimit)
  if (body === 'other') return null
  const refusal = admit()
  if (refusal) {
    leave(body)
    return refuse(pipeline, refusal)
  }
  let form: ReceivedForm | null
  try {
    await pipeline.secrets?.ready
    form = await receiveForm({ host, table: settings.table, policy: 0 }, body, contentType)
  } catch (error) {
    leave(body)
    return refused(pipeline, error)
  }
  if (form === null) return refuse(pipeline, host.unknownAction())
  try {
    const place = await policies.enter(host.policyOf(form.id), exchange)
    return await keeping(place, () => runForm(pipeline, exchange, form, place))
  } catch (error) {
    form.close?.()
    return refused(pipeline, error)
  }
}

async function runForm(pipeline: Pipeline, exchange: Exchange, form: ReceivedForm, place: Place | undefined): Promise<Answer> {
  const { host, settings, policies } = pipeline
  const found = await loadAction(form.id, settings.table)
  if (!found) throw new RefusedBody(host.unknownAction())
  const known = host.policyOf(form.id)
  const action = at(place, policies.policed(form.id, found, known))
  const policy = policies.under(form.id, found, known)
  const tooMuch = policy === known ? null : host.checkUsage(policy, form.usage)
  if (tooMuch) throw new RefusedBody(tooMuch)
  const run = newRun(pipeline, exchange, form.id, action, 'form')
  if (!settings.guard || (await isAllowed(pipeline, exchange, run, settings.guard))) {
    run.call.args = form.args
    await runAction(pipeline, exchange, run, action)
  }
  return finished(pipeline, form, run, await answerFormOf(pipeline, exchange, run, form.state))
}

/** What a form sent without JavaScript is answered after `run`. */
async function answerFormOf(
  pipeline: Pipeline,
  exchange: Exchange,
  run: Run,
  state: FormState | null,
): Promise<Answer> {
  const { host } = pipeline
  if (run.refusal) return refuse(pipeline, run.refusal)
  const head = headOf(pipeline, run)
  if ('body' in head) return refuse(pipeline, head)
  if (head.location !== null) {
    const { status, headers } = host.formRedirect(head.location)
    return { status, headers: withCookies(pipeline, headers, run.context), body: null }
  }
  const formState =
    state && run.error === undefined ? [run.value, state.key, state.referenceId, state.boundCount - 1] : null
  const shown = {
    formState,
    status: run.failure === null ? 200 : host.failureStatus(run.failure),
    ...(run.error === undefined ? {} : { error: redacted(run.error, run.digest) }),
  }
  const page = await renderForm(pipeline, exchange, run.context, shown)
  const rendered = fromResponse(page)
  return { ...rendered, headers: withCookies(pipeline, rendered.headers, run.context) }
}

type Shown = { formState: unknown[] | null; status: number; error?: unknown }

/** The page again; without a renderer, back to it. */
async function renderForm(
  { settings, host }: Pipeline,
  exchange: Exchange,
  context: RequestContext,
  shown: Shown,
): Promise<Response> {
  const { render, renderer } = settings
  const request = nextRequest(exchange, context)
  return runInContext(renderContext(exchange, context), async () => {
    if (renderer) return renderer.form({ request, ...shown })
    if (render) return render(request, shown)
    if (shown.error !== undefined) {
      return new Response('The action failed.', { status: shown.status, headers: { 'content-type': 'text/plain' } })
    }
    const { status, headers } = host.formRedirect(exchange.url)
    return new Response(null, { status, headers: pairs(headers) })
  })
}

/** A call that is made, and how it goes. */
interface Run {
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

function outcomeOf({ redirect, failure, refusal }: Run): Outcome {
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

function newRun({ observer }: Pipeline, exchange: Exchange, id: string, action: Action, kind: 'call' | 'form'): Run {
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
function hasChanged({ context, failure }: Run): boolean {
  const { paths, tags, cookies } = context
  const isPage = failure !== null && failure !== 'unexpected' && failure !== 'declared'
  return paths.size + tags.size > 0 || context.refreshed || cookies.isChanged || isPage
}

/** Asks the user's guard. What it throws is how the call ends. */
async function isAllowed(pipeline: Pipeline, exchange: Exchange, run: Run, guard: Guard): Promise<boolean> {
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

async function runAction(pipeline: Pipeline, exchange: Exchange, run: Run, action: Action): Promise<void> {
  const { call, context } = run
  try {
    const work = (): unknown => runInContext(context, () => throughMiddleware(pipeline.settings.middleware, call, action))
    run.value = await (run.observed ? run.observed.run(call.args.length, async () => work()) : work())
    const swallowed = navigationOf(context.redirect)
    if (swallowed && 'redirect' in swallowed) {
      run.redirect = redirectOf(pipeline, swallowed, exchange)
      warnSwallowed(call)
    }
  } catch (error) {
    fail(pipeline, exchange, run, error)
  }
  // Once more: what others computed between a call of revalidate… and a later write is dropped too.
  if (context.again.size > 0) await acknowledge(pipeline, exchange, run)
}

/** The answer waits until every process knows what was invalidated: the visitor's next request may go to another one. */
async function acknowledge(pipeline: Pipeline, exchange: Exchange, run: Run): Promise<void> {
  const { again, pending } = run.context
  try {
    await Promise.all([...pending, ...Array.from(again, (invalidate) => invalidate())])
  } catch (error) {
    fail(pipeline, exchange, run, error)
  }
}

/** What was thrown, as the call's end. */
function fail(pipeline: Pipeline, exchange: Exchange, run: Run, error: unknown): void {
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

/** In the action's own words it returned; but the visitor was promised another page. */
function warnSwallowed({ name, id }: Call): void {
  if (process.env['NODE_ENV'] === 'production') return
  console.warn(
    `errand: a catch in the action '${name || id}' swallowed a redirect, which is made all the same. ` +
      'Call redirect() behind the try, or let its error through.',
  )
}

/** The user's hook must not be able to lose the answer. */
function report(settings: Settings, error: unknown, { call, digest }: Run): void {
  try {
    if (error instanceof Error && !('digest' in error)) Object.assign(error, { digest })
    settings.onError(error, call.failed(digest))
  } catch (second) {
    console.error('errand: onError threw\n', second)
  }
}

/** The result's rows. A result that can't be sent is an error. */
function encode(pipeline: Pipeline, run: Run, answer: Answer): Body {
  const { host, settings } = pipeline
  if (run.error !== undefined) return native.encodeCallError(errorRow(run.error, run.digest))
  if (run.value === undefined) return pipeline.plainRows
  const tell = (error: unknown): string => {
    const digest = digestOf(host, error)
    report(settings, error, { ...run, digest })
    return digest
  }
  try {
    // What goes on after this, a generator for one, is still a part of the action.
    return runInContext(run.context, () =>
      sendRows(run.value, {
        isCall: true,
        describe: (error) => redacted(error, digestOf(host, error)),
        failure: (error) => errorRow(error, tell(error)),
      }),
    )
  } catch (error) {
    answer.status = host.failureStatus('unexpected')
    return native.encodeCallError(errorRow(error, tell(error)))
  }
}

function digestOf(host: NativeHost, error: unknown): string {
  if (error instanceof Error && 'digest' in error && typeof error.digest === 'string') return error.digest
  return host.digest(error instanceof Error ? `${error.message}\n${error.stack}` : String(error))
}

function failureOf(status: number): Failure {
  return status === 401 ? 'unauthorized' : status === 403 ? 'forbidden' : 'not-found'
}

function isRefused(error: unknown): error is { refusal: Refusal } {
  return error instanceof Error && 'refusal' in error
}

/** Logs what the operator can do something about. */
function refuse({ observer }: Pipeline, refusal: Refusal): Answer {
  observer.refused(refusal.code, refusal.status)
  console.warn(refusal.log)
  return { status: refusal.status, headers: refusal.headers, body: refusal.body }
}

/** What is rendered after an action sees the request as the visitor's next one would be, and changes nothing. */
function renderContext(exchange: Exchange, after: RequestContext): RequestContext {
  return {
    ...after,
    phase: 'render',
    request: {
      headers: () => nextRequest(exchange, after).headers,
      cookie: after.cookies.toString(),
      host: exchange.host,
      signal: () => exchange.signal(),
    },
    redirect: undefined,
    paths: new Set(),
    tags: new Set(),
    again: new Set(),
    pending: [],
    dependencies: new Set(),
  }
}

/** The page's request, with the cookies that the action has set. */
function nextRequest(exchange: Exchange, { cookies }: RequestContext): Request {
  const { url, headers } = exchange.request()
  const next = new Headers(headers)
  for (const name of ['content-length', 'content-type', 'errand-action', 'transfer-encoding']) next.delete(name)
  const cookie = cookies.toString()
  if (cookie) next.set('cookie', cookie)
  else next.delete('cookie')
  return new Request(url, { headers: next })
}

function withCookies({ settings }: Pipeline, headers: string[], { cookies, seen }: RequestContext): string[] {
  const seenBy = seenCookie(settings.cache, seen)
  if (!cookies.isChanged && seenBy === null) return headers
  const all = [...headers]
  for (const cookie of cookies.setCookies) all.push('set-cookie', cookie)
  if (seenBy !== null) all.push('set-cookie', seenBy)
  return all
}

function pairs(flat: string[]): [string, string][] {
  return flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1]!] as [string, string]] : []))
}
