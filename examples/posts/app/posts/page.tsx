import { revalidatePath } from 'next/cache'

import { allPosts, removePost } from '@/app/lib/db'
import { PostCard } from '@/app/ui/post-card'
import { SubmitButton } from '@/app/ui/submit-button'

export const metadata = { title: 'All posts' }

// The page is kept for an hour, or until somebody says that posts have changed.
export const revalidate = 3600
export const tags = ['posts']

export default function PostsPage() {
  const posts = allPosts()

  return (
    <>
      <div className="title">
        <h1>All posts</h1>
        <p>{posts.length === 1 ? 'One post' : `${posts.length} posts`}</p>
      </div>
      {posts.length === 0 ? (
        <p className="empty">
          Nothing here yet. <a href="/posts/new">Write the first one.</a>
        </p>
      ) : (
        <div className="cards">
          {posts.map(({ id, ...post }) => {
            async function remove() {
              'use server'
              removePost(id)
              revalidatePath('/posts')
            }

            return (
              <PostCard key={id} post={{ id, ...post }}>
                <form action={remove}>
                  <SubmitButton className="quiet danger small">Delete</SubmitButton>
                </form>
              </PostCard>
            )
          })}
        </div>
      )}
      <p className="note">
        This page is cached. It was rendered at <time>{new Date().toISOString().slice(11, 23)}</time> UTC, and will be
        again when a post is written or deleted.
      </p>
    </>
  )
}
