import { latestPosts } from '@/app/lib/db'

/** Proof that something happened. */
export function Newest() {
  const [post] = latestPosts(1)
  return (
    <p className="note">
      Newest post: {post ? <a href={`/posts/${post.id}`}>{post.title}</a> : 'none'}
      {post ? ` (no. ${post.id})` : null}
    </p>
  )
}
