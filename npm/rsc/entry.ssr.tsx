/** The HTML of a Flight stream. Runs in the graph that has React's client components on the server. */

import { createFromReadableStream } from '@vitejs/plugin-rsc/ssr'
import { use, type ReactNode } from 'react'
import type { ReactFormState } from 'react-dom/client'
import { renderToReadableStream } from 'react-dom/server.edge'
import { injectRSCPayload } from 'rsc-html-stream/server'

import './ambient.ts'
import { knownDigest } from './digest.ts'
import type { PagePayload } from './payload.ts'
import { RouterContext, staticRouter } from './router-context.ts'

export interface HtmlOptions {
  /** Path and query of the page. */
  href: string
  formState: ReactFormState | null
  signal?: AbortSignal
}

/**
 * Resolves when all that is not behind a `<Suspense>` is rendered; rejects when that failed, with the error that
 * Flight carried.
 */
export async function renderHtml(
  flight: ReadableStream<Uint8Array>,
  { href, formState, signal }: HtmlOptions,
): Promise<ReadableStream<Uint8Array>> {
  const [forHtml, forBrowser] = flight.tee()
  const payload = createFromReadableStream<PagePayload>(forHtml)
  const router = staticRouter(href)

  function Root(): ReactNode {
    return <RouterContext value={router}>{use(payload).t}</RouterContext>
  }

  let html: ReadableStream<Uint8Array>
  try {
    html = await renderToReadableStream(<Root />, {
      bootstrapScriptContent: await import.meta.viteRsc.loadBootstrapScriptContent('index'),
      formState,
      ...(signal ? { signal } : {}),
      onError(error) {
        const digest = knownDigest(error)
        // Errors with a digest are the server components': their graph has reported them.
        if (digest === undefined && !signal?.aborted) console.error(error)
        return digest
      },
    })
  } catch (error) {
    void forBrowser.cancel().catch(() => {})
    throw error
  }
  return html.pipeThrough(injectRSCPayload(forBrowser))
}
