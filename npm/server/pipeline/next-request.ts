/** The request of the page that is rendered after an action. */

import type { RequestContext } from '../../request/context.ts'
import type { Exchange } from '../exchange.ts'
import type { Renderer } from '../options.ts'

/** What is rendered after an action sees the request as the visitor's next one would be, and changes nothing. */
export function renderContext(
  exchange: Exchange,
  after: RequestContext,
  renderer: Renderer | undefined,
  page: string = exchange.url,
): RequestContext {
  return {
    ...after,
    phase: 'render',
    request: {
      url: page,
      headers: () => nextRequest(exchange, after).headers,
      cookie: after.cookies.toString(),
      host: exchange.host,
      signal: () => exchange.signal(),
    },
    route: renderer?.routeOf?.(page),
    pageTags: undefined,
    redirect: undefined,
    paths: new Set(),
    tags: new Set(),
    again: new Set(),
    pending: [],
    dependencies: new Set(),
  }
}

/** The page's request, with the cookies that the action has set. */
export function nextRequest(exchange: Exchange, { cookies }: RequestContext): Request {
  const { url, headers } = exchange.request()
  const next = new Headers(headers)
  for (const name of ['content-length', 'content-type', 'errand-action', 'transfer-encoding']) next.delete(name)
  const cookie = cookies.toString()
  if (cookie) next.set('cookie', cookie)
  else next.delete('cookie')
  return new Request(url, { headers: next })
}
