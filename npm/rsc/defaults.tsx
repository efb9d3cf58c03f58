/** What an app shows that doesn't say how: a bare document, and a page for each status. */

import type { ReactNode } from 'react'

export function DefaultLayout({ children }: { children: ReactNode }): ReactNode {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  )
}

const TEXTS: Record<number, string> = {
  401: 'You need to sign in to see this page.',
  403: 'You may not see this page.',
  404: 'This page could not be found.',
}

/** `whole`: a document of its own. */
export function DefaultStatus({ status, whole = false }: { status: number; whole?: boolean }): ReactNode {
  const text = TEXTS[status] ?? 'Something went wrong on the server.'
  const main = (
    <main style={{ fontFamily: 'system-ui, sans-serif', padding: '20vh 1rem', textAlign: 'center' }}>
      <title>{`${status}`}</title>
      <h1>{status}</h1>
      <p>{text}</p>
    </main>
  )
  return whole ? <DefaultLayout>{main}</DefaultLayout> : main
}
