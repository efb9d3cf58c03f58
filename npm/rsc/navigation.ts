/** `next/navigation` for client components: the control flow of `errand/navigation`, and the router's hooks. */

import { useContext, useMemo } from 'react'

import { type Router, RouterContext } from './router-context.ts'

export * from 'errand/navigation'

export function useRouter(): Router & { prefetch(href: string): void } {
  const router = useContext(RouterContext)
  return useMemo(() => ({ ...router, prefetch() {} }), [router])
}

export function usePathname(): string {
  return split(useContext(RouterContext).href)[0]
}

export function useSearchParams(): URLSearchParams {
  const query = split(useContext(RouterContext).href)[1]
  return useMemo(() => new URLSearchParams(query), [query])
}

function split(href: string): [path: string, query: string] {
  const at = href.indexOf('?')
  return at === -1 ? [href, ''] : [href.slice(0, at), href.slice(at + 1)]
}
