/** Trees as responses: Flight for a page that runs, HTML for one that begins, rows for a call. */

import { renderToReadableStream } from '@vitejs/plugin-rsc/rsc/server'
import type { Renderer } from 'errand/server'
import type { ReactFormState } from 'react-dom/client'

import './ambient.ts'
import { digestOf, knownDigest } from './digest.ts'
import type * as Ssr from './entry.ssr.tsx'
import { type AppModule, root, routes } from './modules.ts'
import { navigationOf } from './navigation-of.ts'
import type { CallPayload, PagePayload } from './payload.ts'
import { type Match, matchRoute, placeOf } from './routes.ts'
import { toDigest } from './server-error.ts'
import { buildTree, standInDepth, statusOf, type Variant } from './tree.tsx'
import type { SearchParams } from './types.ts'

const FLIGHT = 'text/x-component'

export function isFlightRequest(accept: string | null | undefined): boolean {
  return accept?.includes(FLIGHT) ?? false
}

/** The page of a GET. */
export async function renderPage(request: Request): Promise<Response> {
  const url = new URL(request.url)
  const match = matchRoute(routes, url.pathname)
  const variant: Variant = match ? { kind: 'page' } : statusVariant(match, 404)
  if (!isFlightRequest(request.headers.get('accept'))) return renderDocument(request, match, variant, statusOf(variant), null)
  const payload: PagePayload = { t: await buildTree(match, root, searchParamsOf(url), variant) }
  return respond(renderFlight(payload, request), statusOf(variant), FLIGHT)
}

/** What follows a call. */
export const renderer: Renderer = {
  routeOf(url) {
    const match = matchRoute(routes, url.split('?', 1)[0]!)
    return match ? placeOf(match.route) : undefined
  },

  async call({ request, result, page }) {
    const payload: CallPayload = { a: result }
    if (page !== null) {
      const url = new URL(page, request.url)
      const match = matchRoute(routes, url.pathname)
      // A target without a page is somebody else's: the browser goes there by itself.
      if (match) payload.t = await buildTree(match, root, searchParamsOf(url), { kind: 'page' })
    }
    return renderFlight(payload, request)
  },

  async form({ request, formState, status, error }) {
    const match = matchRoute(routes, new URL(request.url).pathname)
    const variant: Variant =
      status === 401 || status === 403 || status === 404
        ? statusVariant(match, status)
        : error === undefined
          ? { kind: 'page' }
          : errorVariant(match, error)
    // The state is React's own 4-tuple, carried from its form fields to its renderer.
    return renderDocument(request, match, variant, status, formState as ReactFormState | null)
  },
}

/**
 * A page as HTML. When it fails before anything is sent, what its folders have for that case is rendered instead:
 * from the page's own folder up, since a layout may be what failed.
 */
async function renderDocument(
  request: Request,
  match: Match<AppModule> | null,
  first: Variant,
  status: number,
  formState: ReactFormState | null,
): Promise<Response> {
  const url = new URL(request.url)
  const ssr = await import.meta.viteRsc.loadModule<typeof Ssr>('ssr', 'index')
  for (let variant = first; ; ) {
    try {
      const payload: PagePayload = { t: await buildTree(match, root, searchParamsOf(url), variant), s: formState }
      const html = await ssr.renderHtml(renderFlight(payload, request), {
        href: url.pathname + url.search,
        formState,
        signal: request.signal,
      })
      return respond(html, variant === first ? status : statusOf(variant), 'text/html; charset=utf-8')
    } catch (error) {
      if (variant.kind !== 'page' && variant.depth < 0) throw error
      const navigation = navigationOf(error)
      if (navigation && 'redirect' in navigation) {
        return new Response(null, { status: navigation.status, headers: { location: navigation.redirect } })
      }
      const below = variant.kind === 'page' ? Infinity : variant.depth
      variant = navigation ? statusVariant(match, navigation.status, below) : errorVariant(match, error, below)
    }
  }
}

function statusVariant(match: Match<AppModule> | null, status: number, below?: number): Variant {
  return { kind: 'status', status, depth: standInDepth(match, root, 'status', below) }
}

function errorVariant(match: Match<AppModule> | null, error: unknown, below?: number): Variant {
  const message = import.meta.env.DEV && error instanceof Error ? error.message : 'The page could not be rendered.'
  return { kind: 'error', error: { message, digest: digestOf(error) }, depth: standInDepth(match, root, 'error', below) }
}

function renderFlight(payload: PagePayload | CallPayload, request: Request): ReadableStream<Uint8Array> {
  return renderToReadableStream(payload, {
    signal: request.signal,
    onError(error: unknown) {
      if (request.signal.aborted) return undefined
      // Control flow, and what was reported where it was made.
      const known = toDigest(error) ?? knownDigest(error)
      if (known !== undefined) return known
      const digest = digestOf(error)
      console.error(`errand: a page failed to render (digest ${digest})\n`, error)
      return digest
    },
  })
}

function respond(body: ReadableStream<Uint8Array>, status: number, contentType: string): Response {
  return new Response(body, {
    status,
    headers: {
      'content-type': contentType,
      // The same address has two bodies, and either may show what only this visitor may see.
      vary: 'accept',
      'cache-control': 'private, no-cache, no-store, max-age=0, must-revalidate',
    },
  })
}

function searchParamsOf({ searchParams }: URL): SearchParams {
  const names = [...new Set(searchParams.keys())]
  // Not by assignment: a visitor may name a parameter `__proto__`.
  return Object.fromEntries(
    names.map((name) => {
      const values = searchParams.getAll(name)
      return [name, values.length > 1 ? values : values[0]!]
    }),
  )
}
