import { createPost } from '@/app/lib/actions'
import { SubmitButton } from '@/app/ui/submit-button'

export const metadata = { title: 'Write a post' }

export default function NewPostPage() {
  return (
    <>
      <div className="title">
        <h1>Write a post</h1>
      </div>
      <form action={createPost} className="stack">
        <label>
          Title
          <input type="text" name="title" required maxLength={120} placeholder="What is it about?" />
        </label>
        <label>
          Text
          <textarea name="content" rows={8} placeholder="Take your time." />
        </label>
        <div className="row">
          <SubmitButton>Publish</SubmitButton>
          <a className="button quiet" href="/posts">
            Cancel
          </a>
        </div>
      </form>
    </>
  )
}
