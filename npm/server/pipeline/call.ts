/** A fetch call: received, run, answered with rows. */

import { type CallHead, native } from '../../native/index.ts'
import { runInContext } from '../../request/context.ts'
import { policyOf } from '../action.ts'
import type { Answer, Body, Exchange } from '../exchange.ts'
import { loadAction } from '../host.ts'
import type { Renderer } from '../options.ts'
import type { Place } from '../places.ts'
import { at, keeping } from '../policies.ts'
import { isMultipart, isReadWhole, receive, receiveArriving, type Received, receiveWhole } from '../receiving.ts'
import { errorRow, redacted } from '../redact.ts'
import { sendRows } from '../sending.ts'
import { finished, headOf, withCookies } from './ending.ts'
import { digestOf, report } from './failed.ts'
import { nextRequest, renderContext } from './next-request.ts'
import { acknowledge, fail, hasChanged, isAllowed, newRun, returned, type Run, startAction } from './run.ts'
import { lengthOf } from './seen-from.ts'
import { type Pipeline, refuse, refused } from './state.ts'

/** A fetch call that may be made; 0 is no policy. */
interface Admitted {
  id: string
  contentType: string
  policy: number
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
    try {
      // As `runAction`, which would be two promises more.
      returned(pipeline, exchange, run, await startAction(pipeline, run, action))
    } catch (error) {
      fail(pipeline, exchange, run, error)
    }
    if (run.context.again.size > 0) await acknowledge(pipeline, exchange, run)
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

/** What a fetch call is answered after `run`. */
function answerOf(pipeline: Pipeline, exchange: Exchange, run: Run): Answer | Promise<Answer> {
  const { settings } = pipeline
  if (run.refusal) return refuse(pipeline, run.refusal)
  const head = headOf(pipeline, run)
  if ('body' in head) return refuse(pipeline, head)
  const answer: Answer = { status: head.status, headers: withCookies(pipeline, head.headers, run.context), body: null }
  if (settings.renderer) return rendered(pipeline, settings.renderer, exchange, run, head, answer)
  return withRows(pipeline, run, answer)
}

function withRows(pipeline: Pipeline, run: Run, answer: Answer): Answer {
  answer.body = encode(pipeline, run, answer)
  run.context.isSent = true
  return answer
}

/** The answer with the tree of the page that changed, or of the one that the action redirects to. */
async function rendered(
  pipeline: Pipeline,
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
  const context = renderContext(exchange, run.context, renderer, page ?? undefined)
  try {
    answer.body = await runInContext(context, () => renderer.call({ request, result, page }))
    return answer
  } catch (error) {
    // The action has done its work: who called gets to know what came of it.
    report(pipeline.settings, error, { ...run, digest: digestOf(pipeline.host, error) })
    return withRows(pipeline, run, answer)
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
