/** What the files of an `app/` folder export and receive. */

import type { ReactNode } from 'react'

/** Values of the dynamic segments: text for `[id]`, a list for `[...path]`. */
export type Params = Record<string, string | string[]>

export type SearchParams = Record<string, string | string[]>

export interface PageProps<P extends Params = Params> {
  params: Promise<P>
  searchParams: Promise<SearchParams>
}

export interface LayoutProps<P extends Params = Params> {
  params: Promise<P>
  children: ReactNode
}

/** Props of `error.tsx`, a client component. */
export interface ErrorProps {
  /** In production its message is a general one; `digest` is what the server's log calls it. */
  error: Error & { digest?: string }
  /** Renders the page again. */
  reset: () => void
}

/** The head of a page. A page's fields win over its layouts'. */
export interface Metadata {
  title?: string
  description?: string
}
