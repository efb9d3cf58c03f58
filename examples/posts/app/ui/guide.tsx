import type { ReactNode } from 'react'

import { sampleOf } from '@/app/guide/samples'

/** The frame of a guide's page. */
export function Guide({ slug, children }: { slug: string; children: ReactNode }) {
  const { title, summary } = sampleOf(slug)
  return (
    <article>
      <title>{title}</title>
      <a className="back" href="/guide">
        ← Guide
      </a>
      <h1>{title}</h1>
      <p className="lead">{summary}</p>
      {children}
    </article>
  )
}

/** The running thing. */
export function Try({ children }: { children: ReactNode }) {
  return (
    <section className="try">
      <h2>Try it</h2>
      {children}
    </section>
  )
}

/** A file as it runs here. */
export function Source({ file, code }: { file: string; code: string }) {
  return (
    <figure className="source" style={{ marginInline: 0 }}>
      <figcaption>{file}</figcaption>
      <pre tabIndex={0}>
        <code>{code.trim()}</code>
      </pre>
    </figure>
  )
}
