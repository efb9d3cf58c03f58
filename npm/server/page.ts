/** Pages whose responses are cached under their path. */

import { type CacheParts, native, type PageSharing } from '../native/index.ts'
import { errandError, type Lifetime, newContext, type RequestContext, runInContext } from '../request/context.ts'
import { type Cache, shorter } from './cache.ts'
import { firstOf, streamOf } from './cached-value.ts'
import { type Answer, type Exchange, fromResponse } from './exchange.ts'

export interface PageOptions {
  /** Tags that invalidate the page, beside its path and the tags of what it read through `cached()`. */
  tags?: string[]
  /**
   * Seconds for which a response is fresh. Without it nothing is stored; nor is a response that sets a cookie, looked at the
   * request through `errand/headers`, isn't a 200, says `private` or `no-store`, or names headers in `Vary` that aren't in `vary`.
   */
  revalidate?: number
  /** Seconds after which a response is not even served stale. */
  expire?: number
  /** Request headers on whose values the response depends. */
  vary?: string[]
  /** Request headers that decided already that this page is asked, as `accept` where there are several. They stand in `Vary`. */
  negotiated?: string[]
  /**
   * Lets a CDN keep the page for `revalidate` seconds, and serve it stale until `expire`. For one that is told what to drop:
   * see `tagHeader` and `onInvalidate` of the cache's options. Default: only this cache keeps it.
   */
  cdn?: boolean
  /** Where the page lies in a file tree, `/posts/[id]`, so that `revalidatePath('/posts/[id]', 'page')` hits it. */
  route?: string
}

/** Renders a page: a whole response, or its HTML. */
export type RenderPage = (request: Request) => Response | string | Promise<Response | string>

/** The response to `exchange`: from the cache, or rendered and stored. */
export async function answerPage(
  cache: Cache,
  exchange: Exchange,
  render: RenderPage,
  options: PageOptions,
): Promise<Answer> {
  if (options.revalidate === undefined) return (await renderPage(exchange, render, options)).answer
  const life = { revalidate: options.revalidate, expire: options.expire }
  const own = [...cache.pageTags(exchange.url, options.route), ...cache.userTags(options.tags ?? [])]
  const found = await cache.through(
    pageKey(exchange, options.vary),
    async () => {
      const { answer, context } = await renderPage(exchange, render, options)
      const whole = await buffered(answer)
      const tags = [...new Set([...own, ...context.dependencies])]
      const lives = shorter(life, context.life)
      const bytes = native.encodePage(whole.status, whole.headers, whole.body, sharing(cache, options, context, lives, tags))
      return { value: whole, bytes, tags, life: lives }
    },
    own,
  )
  if (found.hit) return fromBytes(exchange, found.hit.value, found.hit.age)
  const { bytes, value } = found.filled
  return bytes instanceof Uint8Array ? fromBytes(exchange, bytes) : value
}

function sharing(cache: Cache, { cdn, vary = [], negotiated = [] }: PageOptions, context: RequestContext, life: Lifetime, tags: string[]): PageSharing {
  const { revalidate = Infinity, expire = Infinity } = life
  const tagged = cache.tagHeader === undefined ? { tags: [] } : { tagHeader: cache.tagHeader, tags }
  const known = { isPersonal: context.dynamic, vary: [...vary, ...negotiated], ...tagged }
  if (!cdn) return known
  const fresh = Math.min(revalidate, YEAR)
  return { ...known, fresh, stale: Math.min(expire, YEAR) - fresh }
}

/** What headers call for ever. */
const YEAR = 365 * 24 * 60 * 60

/** The stored response to a GET or HEAD, if one is there and varies by nothing. */
export function cachedPage(cache: Cache, exchange: Exchange): Answer | null {
  const hit = exchange.method === 'GET' || exchange.method === 'HEAD' ? cache.peek(pageKey(exchange)) : null
  return hit && !hit.stale ? fromBytes(exchange, hit.value, hit.age) : null
}

function pageKey(exchange: Exchange, vary: string[] = []): string {
  return native.pageKey(exchange.url, vary.flatMap((name) => [name, exchange.header(name) ?? null]))
}

async function renderPage(
  exchange: Exchange,
  render: RenderPage,
  { route }: PageOptions,
): Promise<{ answer: Answer; context: RequestContext }> {
  const context = newContext('render', exchange)
  context.route = route
  const rendered = await runInContext(context, () => render(exchange.request()))
  const answer =
    typeof rendered === 'string'
      ? { status: 200, headers: ['content-type', 'text/html; charset=utf-8'], body: rendered }
      : fromResponse(rendered)
  return { answer, context }
}

type Whole = Answer & { body: Uint8Array }

async function buffered(answer: Answer): Promise<Whole> {
  const body = new Uint8Array(await new Response(answer.body as BodyInit | null).arrayBuffer())
  return { ...answer, body }
}

function fromBytes(exchange: Exchange, stored: Uint8Array | CacheParts, age?: number): Answer {
  const first = firstOf(stored)
  const page = native.decodePage(first, age, exchange.header('if-none-match'))
  if (!page) throw errandError('errand::bug', 'a stored page is not what was stored')
  const { status, headers, body } = page
  const rest = first.subarray(body)
  if (rest.length === 0) return { status, headers, body: null } // 304 may have none
  if (stored instanceof Uint8Array) return { status, headers, body: rest }
  if (!headers.includes('content-length')) headers.push('content-length', String(stored.length - body))
  return { status, headers, body: streamOf(rest, stored) }
}
