import { revalidatePath } from 'next/cache'

import home from '@/app/page.tsx?raw'
import { addPost } from '@/app/lib/db'
import { Guide, Source, Try } from '@/app/ui/guide'
import { Newest } from '@/app/ui/newest'
import { SubmitButton } from '@/app/ui/submit-button'
import sample from './as-written/page.tsx?raw'

export default function ServerComponentsPage() {
  const page = '/guide/server-components'

  async function createPost() {
    'use server'
    addPost('From inside a page', 'The function that wrote this stands in the page that shows its button.')
    revalidatePath(page)
  }

  return (
    <Guide slug="server-components">
      <Source file="app/page.tsx, as the documentation has it" code={sample} />
      <Try>
        <form action={createPost}>
          <SubmitButton>Create a post</SubmitButton>
        </form>
        <Newest />
      </Try>
      <p>
        The <a href="/">first page</a> of this app is that file, with something to show:
      </p>
      <Source file="app/page.tsx" code={home} />
    </Guide>
  )
}
