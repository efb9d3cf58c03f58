/** Where each entry of the browser's history was scrolled to; the browser would restore it before the page is there. */

/** How a page came to be shown. */
export type Arrival = 'push' | 'replace' | 'back' | 'stay'

const KEY = 'errand.scroll'

/** Takes scrolling over from the browser; gives it back when the returned function is called. */
export function startScrollMemory(): () => void {
  history.scrollRestoration = 'manual'
  const onHide = (): void => {
    rememberScroll()
    history.scrollRestoration = 'auto' // a reload finds its own place
  }
  window.addEventListener('pagehide', onHide)
  return () => {
    history.scrollRestoration = 'auto'
    window.removeEventListener('pagehide', onHide)
  }
}

/** Notes the position in the history entry that is about to be left. */
export function rememberScroll(): void {
  history.replaceState({ ...history.state, [KEY]: scrollY }, '')
}

export function scrollAfter(arrival: Arrival): void {
  if (arrival === 'stay') return
  if (arrival === 'back') return scrollTo(0, Number(history.state?.[KEY] ?? 0))
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)))
  if (target) target.scrollIntoView()
  else scrollTo(0, 0)
}
