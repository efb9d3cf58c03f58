import type { ReactNode } from 'react'

import type { Post } from '@/app/lib/db'

export function PostCard({ post, children }: { post: Post; children?: ReactNode }) {
  return (
    <article className="card">
      <div>
        <h3>
          <a href={`/posts/${post.id}`}>{post.title}</a>
        </h3>
        <p className="excerpt">{post.content}</p>
        <Written at={post.written} />
      </div>
      {children}
    </article>
  )
}

/** In UTC: the server doesn't know where its reader is. */
export function Written({ at }: { at: number }) {
  const date = new Date(at * 1000)
  return (
    <time dateTime={date.toISOString()}>{date.toLocaleDateString('en', { dateStyle: 'long', timeZone: 'UTC' })}</time>
  )
}
