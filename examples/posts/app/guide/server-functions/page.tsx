import { deletePost } from '@/app/lib/actions'
import libActions from '@/app/lib/actions.ts?raw'
import { latestPosts } from '@/app/lib/db'
import { Guide, Source, Try } from '@/app/ui/guide'
import { SubmitButton } from '@/app/ui/submit-button'
import { createPost as doNothing } from './lib/actions'
import sample from './lib/actions.ts?raw'

export default function ServerFunctionsPage() {
  const [post] = latestPosts(1)

  return (
    <Guide slug="server-functions">
      <Source file="app/lib/actions.ts, as the documentation begins it" code={sample} />
      <Try>
        <form action={doNothing}>
          <SubmitButton>Call the empty function</SubmitButton>
        </form>
      </Try>
      <Source file="app/lib/actions.ts, filled in" code={libActions} />
      <Try>
        {post ? (
          <form action={deletePost}>
            <input type="hidden" name="id" value={post.id} />
            <SubmitButton className="quiet danger">Delete “{post.title}”</SubmitButton>
          </form>
        ) : (
          <p>There is no post to delete.</p>
        )}
      </Try>
    </Guide>
  )
}
