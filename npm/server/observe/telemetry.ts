/** Spans by OpenTelemetry's API, which the app hands over: without it there is nothing to load. */

import type { CallEvent } from './index.ts'

/** What is used of `@opentelemetry/api`; its namespace fits. */
export interface Telemetry {
  trace: {
    getTracer(name: string): { startSpan(name: string, options?: { kind?: number; attributes?: Attributes }): ApiSpan }
    setSpan(context: any, span: any): any
  }
  context: {
    active(): any
    with(context: any, work: () => any): any
  }
}

type Attributes = Record<string, string | number | boolean>

interface ApiSpan {
  setAttributes(attributes: any): unknown
  setStatus(status: any): unknown
  end(): void
}

export interface Span {
  /** Runs `work` with the span as the parent of what it does. */
  run<T>(work: () => T): T
  end(event: CallEvent, error: unknown): void
}

/** As the API numbers them. */
const INTERNAL = 0
const ERROR = 2

export function startSpan({ trace, context }: Telemetry, { id, name, kind }: CallEvent): Span {
  const span = trace.getTracer('errand').startSpan(`errand.action ${name || id}`, {
    kind: INTERNAL,
    attributes: { 'errand.action.id': id, 'errand.call.kind': kind, ...(name && { 'code.function.name': name }) },
  })
  return {
    run: (work) => context.with(trace.setSpan(context.active(), span), work),
    end(event, error) {
      const { outcome = 'ok', status = 0, bytesReceived, bytesSent, argumentCount, digest } = event
      span.setAttributes({
        'errand.outcome': outcome,
        'errand.argument.count': argumentCount,
        'http.response.status_code': status,
        ...(bytesReceived === undefined ? {} : { 'http.request.body.size': bytesReceived }),
        ...(bytesSent === undefined ? {} : { 'http.response.body.size': bytesSent }),
        ...(digest === undefined ? {} : { 'errand.digest': digest }),
        // The type, not the message: that may hold anything.
        ...(outcome === 'unexpected' && error instanceof Error ? { 'error.type': error.name } : {}),
      })
      if (outcome === 'unexpected') span.setStatus({ code: ERROR })
      span.end()
    },
  }
}
