/**
 * What the browser shows: one tree from the server at a time, changed in transitions.
 *
 * A tree comes with a page's GET or inside of the answer to a call. Of two pages asked for, the later one is shown;
 * trees that come with calls are shown in the order in which they arrive, unless the visitor has gone elsewhere.
 */

import { createFromFetch, encodeReply, setServerCallback } from '@vitejs/plugin-rsc/browser'
import { CallError, UnknownActionError } from 'errand/client'
import { type ReactNode, startTransition, useLayoutEffect, useMemo, useState } from 'react'

import { shouldNavigate } from './links.ts'
import type { CallPayload, PagePayload } from './payload.ts'
import { type Router, RouterContext } from './router-context.ts'
import { type Arrival, rememberScroll, scrollAfter, startScrollMemory } from './scroll.ts'
import { fromServer } from './server-error.ts'

const FLIGHT = 'text/x-component'

interface Shown {
  tree: ReactNode
  href: string
  arrival: Arrival
}

let show: (next: Shown) => void = () => {}
let href = hrefHere()
/** Counts the pages that were asked for. */
let visits = 0

export function AppRouter({ initial }: { initial: ReactNode }): ReactNode {
  const [shown, setShown] = useState<Shown>(() => ({ tree: initial, href, arrival: 'stay' }))

  useLayoutEffect(() => {
    show = (next) => startTransition(() => setShown(next))
    return listen()
  }, [])

  useLayoutEffect(() => {
    href = shown.href
    document.documentElement.removeAttribute('data-navigating')
    if (shown.arrival === 'push') history.pushState(null, '', shown.href)
    if (shown.arrival === 'replace') history.replaceState(history.state, '', shown.href)
    scrollAfter(shown.arrival)
  }, [shown])

  const router = useMemo(() => toRouter(shown.href), [shown.href])
  return <RouterContext value={router}>{shown.tree}</RouterContext>
}

function toRouter(href: string): Router {
  return {
    href: href.split('#', 1)[0]!,
    push: (to) => void visit(to, 'push'),
    replace: (to) => void visit(to, 'replace'),
    refresh,
    back: () => history.back(),
    forward: () => history.forward(),
  }
}

/** Asks for the current page again and shows what has changed. */
export function refresh(): void {
  void visit(href, 'stay')
}

async function visit(to: string, arrival: Arrival): Promise<void> {
  const url = new URL(to, location.href)
  if (url.origin !== location.origin) return location.assign(url)
  const number = ++visits
  document.documentElement.setAttribute('data-navigating', '')
  try {
    const response = await fetch(url, { headers: { accept: FLIGHT } })
    if (number !== visits) return
    if (!isFlight(response)) return location.assign(url)
    const { t } = await createFromFetch<PagePayload>(Promise.resolve(response))
    if (number !== visits) return
    if (arrival !== 'back') rememberScroll()
    const end = new URL(response.url)
    show({ tree: t, href: end.pathname + end.search + url.hash, arrival })
  } catch {
    // The server can't be reached, or broke off: let the browser say so in its own way.
    if (number === visits) location.assign(url)
  }
}

/** Calls the action `id`, as React asks us to. */
async function call(id: string, args: unknown[]): Promise<unknown> {
  const calledFrom = visits
  const response = await fetch(hrefHere(), {
    method: 'POST',
    headers: { accept: FLIGHT, 'errand-action': id },
    body: await encodeReply(args),
  })
  if (response.headers.has('errand-unknown-action')) throw new UnknownActionError(id, response.status)
  const redirect = redirectOf(response)
  if (!isFlight(response)) {
    if (redirect) return leaveTo(redirect)
    throw await refusal(response)
  }
  const { a, t } = await createFromFetch<CallPayload>(Promise.resolve(response))
  if (redirect) {
    // Where it leads is the answer. (React's promise is none: its `then` gives nothing back.)
    Promise.resolve(a).catch(() => {})
    if (t === undefined || redirect.origin !== location.origin) return leaveTo(redirect)
    visits += 1
    rememberScroll()
    const arrival = response.headers.get('errand-redirect-type') === 'replace' ? 'replace' : 'push'
    show({ tree: t, href: redirect.pathname + redirect.search + redirect.hash, arrival })
    return undefined
  }
  if (t !== undefined) {
    // The visitor has gone elsewhere: what was invalidated may be shown there too.
    if (calledFrom === visits) show({ tree: t, href, arrival: 'stay' })
    else refresh()
  }
  try {
    return await a
  } catch (error) {
    throw fromServer(error)
  }
}

setServerCallback(call)

function redirectOf(response: Response): URL | null {
  const header = response.headers.get('errand-redirect')
  if (header === null) return null
  const url = new URL(header.slice(header.indexOf(';') + 1), location.href)
  // An address such as `javascript:` would run here; the server refuses it too.
  return url.protocol === 'http:' || url.protocol === 'https:' ? url : null
}

/** Never settles: the page is about to go. */
function leaveTo(url: URL): Promise<never> {
  location.assign(url)
  return new Promise(() => {})
}

/** Who refuses says why in JSON; anybody else, a proxy for one, answers as it likes. */
async function refusal(response: Response): Promise<CallError> {
  const { status } = response
  const { code, message, hint } = Object(await response.json().catch(() => null)) as Record<string, string>
  if (typeof code === 'string' && typeof message === 'string') return new CallError(code, message, { status, hint })
  return new CallError('errand::unexpected-response', `The server answered ${status}`, { status })
}

function isFlight(response: Response): boolean {
  return response.headers.get('content-type')?.startsWith(FLIGHT) ?? false
}

function hrefHere(): string {
  return location.pathname + location.search + location.hash
}

function listen(): () => void {
  const onClick = (event: MouseEvent): void => {
    const url = shouldNavigate(event)
    if (!url) return
    event.preventDefault()
    void visit(url.href, url.pathname + url.search === hrefHere().split('#', 1)[0] ? 'replace' : 'push')
  }
  const onPop = (): void => {
    // Only the hash differs: the browser has scrolled already.
    if (hrefHere().split('#', 1)[0] === href.split('#', 1)[0]) return
    void visit(hrefHere(), 'back')
  }
  const forget = startScrollMemory()
  document.addEventListener('click', onClick)
  window.addEventListener('popstate', onPop)
  return () => {
    forget()
    document.removeEventListener('click', onClick)
    window.removeEventListener('popstate', onPop)
  }
}
