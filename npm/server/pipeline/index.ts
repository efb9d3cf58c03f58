/**
 * One call, from request to answer. Which request is a call, who may make it, what its body means and what the
 * answer's head says are Rust's decisions; here the user's code runs between them.
 */

import type { Answer, Exchange } from '../exchange.ts'
import { answerCall, answerInTurn } from './call.ts'
import { answerForm } from './form.ts'
import { lengthOf, proxiedOf } from './seen-from.ts'
import { type Pipeline, refuse } from './state.ts'

export { answerCall, answerInTurn } from './call.ts'
export { createPipeline, type Pipeline } from './state.ts'

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
