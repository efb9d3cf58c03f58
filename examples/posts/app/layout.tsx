import type { ReactNode } from 'react'

import './globals.css'

export const metadata = {
  title: 'Posts',
  description: 'A small journal on Server Functions.',
}

export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <head>
        <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
      </head>
      <body>
        <a className="skip" href="#content">
          Skip to the content
        </a>
        <header className="top">
          <a className="brand" href="/">
            <img src="/favicon.svg" alt="" width="26" height="26" />
            Posts
          </a>
          <nav>
            <a href="/posts">All posts</a>
            <a href="/guide">Guide</a>
            <a className="button small" href="/posts/new">
              Write
            </a>
          </nav>
        </header>
        <main id="content">{children}</main>
        <footer>
          Every form here works without JavaScript. Served by <strong>Errand</strong>.
        </footer>
      </body>
    </html>
  )
}
