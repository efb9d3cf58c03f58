import { revalidatePath } from 'next/cache'
import { notFound, redirect } from 'next/navigation'

import { findPost, removePost } from '@/app/lib/db'
import { Written } from '@/app/ui/post-card'
import { SubmitButton } from '@/app/ui/submit-button'

type Props = { params: Promise<{ id: string }> }

export async function generateMetadata({ params }: Props) {
  const { id } = await params
  return { title: findPost(Number(id))?.title ?? 'Not found' }
}

export default async function PostPage({ params }: Props) {
  const { id } = await params
  const post = findPost(Number(id))
  if (!post) notFound()

  async function remove() {
    'use server'
    removePost(Number(id))
    revalidatePath('/posts')
    redirect('/posts')
  }

  return (
    <article className="post">
      <a className="back" href="/posts">
        ← All posts
      </a>
      <h1>{post.title}</h1>
      <Written at={post.written} />
      {post.content.split('\n\n').map((paragraph, at) => (
        <p key={at}>{paragraph}</p>
      ))}
      <form action={remove}>
        <SubmitButton className="quiet danger">Delete this post</SubmitButton>
      </form>
    </article>
  )
}
