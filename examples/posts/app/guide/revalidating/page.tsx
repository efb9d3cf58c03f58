import actions from '@/app/lib/actions.ts?raw'
import { allPosts } from '@/app/lib/db'
import { deletePost } from '@/app/lib/actions'
import { Guide, Source, Try } from '@/app/ui/guide'
import { SubmitButton } from '@/app/ui/submit-button'

export default function RevalidatingPage() {
  const posts = allPosts()
  const [post] = posts

  return (
    <Guide slug="revalidating">
      <Source file="app/lib/actions.ts" code={actions} />
      <Try>
        <p>
          <a href="/posts">All posts</a> is cached for an hour and shows when it was rendered. There {posts.length === 1 ? 'is one post' : `are ${posts.length} posts`}.
        </p>
        {post ? (
          <form action={deletePost}>
            <input type="hidden" name="id" value={post.id} />
            <SubmitButton className="quiet danger">Delete “{post.title}”</SubmitButton>
          </form>
        ) : null}
      </Try>
    </Guide>
  )
}
