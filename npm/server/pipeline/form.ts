/** A form sent without JavaScript: received, run, answered with a page. */

import type { FormState, Refusal } from '../../native/index.ts'
import { type RequestContext, runInContext } from '../../request/context.ts'
import { type Answer, type Exchange, fromResponse } from '../exchange.ts'
import { loadAction } from '../host.ts'
import type { Place } from '../places.ts'
import { at, keeping } from '../policies.ts'
import { leave, type ReceivedForm, receiveForm, RefusedBody } from '../receiving.ts'
import { redacted } from '../redact.ts'
import { finished, headOf, withCookies } from './ending.ts'
import { nextRequest, renderContext } from './next-request.ts'
import { isAllowed, newRun, type Run, runAction } from './run.ts'
import { type Pipeline, refuse, refused } from './state.ts'

export async function answerForm(
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
  return { ...rendered, headers: withCookies(pipeline, [...rendered.headers, ...pipeline.build], run.context) }
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
  return runInContext(renderContext(exchange, context, renderer), async () => {
    if (renderer) return renderer.form({ request, ...shown })
    if (render) return render(request, shown)
    if (shown.error !== undefined) {
      return new Response('The action failed.', { status: shown.status, headers: { 'content-type': 'text/plain' } })
    }
    const { status, headers } = host.formRedirect(exchange.url)
    return new Response(null, { status, headers: pairs(headers) })
  })
}

function pairs(flat: string[]): [string, string][] {
  return flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1]!] as [string, string]] : []))
}
