import { createPost } from '@/app/lib/actions'
import actions from '@/app/lib/actions.ts?raw'
import { Guide, Source, Try } from '@/app/ui/guide'
import { SubmitButton } from '@/app/ui/submit-button'

export default function RedirectingPage() {
  return (
    <Guide slug="redirecting">
      <Source file="app/lib/actions.ts" code={actions} />
      <Try>
        <form action={createPost}>
          <input type="text" name="title" aria-label="Title" placeholder="Title" required />
          <SubmitButton>Create, then show all posts</SubmitButton>
        </form>
      </Try>
    </Guide>
  )
}
