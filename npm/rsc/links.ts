/** Which clicks on links are ours. */

/** The address to show for a click, or `null` when the browser should do what it always does. */
export function shouldNavigate(event: MouseEvent): URL | null {
  if (event.defaultPrevented || event.button !== 0) return null
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return null // another tab, a download, …
  const link = event.target instanceof Element ? event.target.closest('a') : null
  if (!link?.href || (link.target && link.target !== '_self') || link.hasAttribute('download')) return null
  if (link.relList.contains('external')) return null
  const url = new URL(link.href)
  if (url.origin !== location.origin) return null
  const isHere = url.pathname === location.pathname && url.search === location.search
  return isHere && url.hash !== '' ? null : url
}
