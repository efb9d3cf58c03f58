import { revalidateTag } from 'next/cache'

import { addPost, countLikes, latestPosts } from '@/app/lib/db'
import LikeButton from './like-button'
import { PostCard } from './ui/post-card'
import { SubmitButton } from './ui/submit-button'

export default function Page() {
  // Server Action
  async function createPost() {
    'use server'
    // Update data
    // ...
    addPost('A quick note', `Jotted down at ${new Date().toLocaleTimeString('en', { timeStyle: 'short' })}.`)
    revalidateTag('posts')
  }

  return <>
    <section className="hero">
      <h1>A small journal,<br />with functions that have addresses.</h1>
      <p>
        Read, write and delete. Behind each button is a function on the server; there is no API between them
        that anybody had to write.
      </p>
      <form action={createPost} className="row">
        <SubmitButton>Jot down a note</SubmitButton>
        <a className="button quiet" href="/guide">See how it is done</a>
      </form>
    </section>

    <section>
      <h2>Latest</h2>
      <div className="cards">
        {latestPosts(3).map((post) => <PostCard key={post.id} post={post} />)}
      </div>
    </section>

    <section className="likes">
      <LikeButton initialLikes={countLikes()} />
    </section>
  </>
}
