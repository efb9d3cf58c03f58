/** What the router tells the components under it; the server provides the address, the browser the rest too. */

import { createContext, type Context } from 'react'

export interface Router {
  /** Path and query of the page that is shown. */
  href: string
  /** Shows another page of the app; anything else is loaded by the browser. */
  push(href: string): void
  replace(href: string): void
  /** Renders the current page again. */
  refresh(): void
  back(): void
  forward(): void
}

const onServer = (): never => {
  throw new Error('the router can be used in event handlers and effects only')
}

export function staticRouter(href: string): Router {
  return { href, push: onServer, replace: onServer, refresh: onServer, back: onServer, forward: onServer }
}

export const RouterContext: Context<Router> = createContext(staticRouter('/'))
