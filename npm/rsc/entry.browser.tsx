/** The browser's side: takes the page over from its HTML, then shows pages and calls actions without loading anew. */

import { createFromReadableStream } from '@vitejs/plugin-rsc/browser'
import { hydrateRoot } from 'react-dom/client'
import { rscStream } from 'rsc-html-stream/client'

import './ambient.ts'
import { navigationOf } from './navigation-of.ts'
import type { PagePayload } from './payload.ts'
import { AppRouter, refresh } from './router.tsx'

async function start(): Promise<void> {
  const { t, s } = await createFromReadableStream<PagePayload>(rscStream)
  hydrateRoot(document, <AppRouter initial={t} />, {
    formState: s ?? null,
    onCaughtError(error) {
      // `notFound()` and `redirect()` are no failures.
      if (!navigationOf(error)) console.error(error)
    },
  })
  import.meta.hot?.on('rsc:update', refresh)
}

void start()
