import type { ReactNode } from 'react'

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>
        <nav>
          <a href="/landing">landing</a> <a href="/queue">queue</a>
        </nav>
        {children}
      </body>
    </html>
  )
}
