/**
 * The samples of Next.js 15's page “How to update data”, in its order and as it prints them, each with the file that
 * the page names and the place of this repository where it runs.
 *
 * The third, `app/page.tsx`, lacks the brace that closes its inner function; nothing else is added to any of them.
 */

export interface Sample {
  title: string
  /** As the page names it. */
  file: string
  /** Where it runs here, if a later sample took the name. */
  movedTo?: string
  code: string
  /** Text that stands for something: what takes its place here. */
  placeholders?: Record<string, RegExp>
}

export const samples: Sample[] = [
  {
    title: 'a file of server functions',
    file: 'app/lib/actions.ts',
    movedTo: 'app/guide/server-functions/lib/actions.ts',
    code: `
'use server'

export async function createPost(formData: FormData) {}

export async function deletePost(formData: FormData) {}
`,
  },
  {
    title: 'a function inside of a server component',
    file: 'app/page.tsx',
    code: `
export default function Page() {
  // Server Action
  async function createPost() {
    'use server'
    // Update data
    // ...

  return <></>
}
`,
    placeholders: { 'return <></>': /^return <>$/ },
  },
  {
    title: 'a function inside of a server component, with nothing filled in',
    file: 'app/page.tsx',
    movedTo: 'app/guide/server-components/as-written/page.tsx',
    code: `
export default function Page() {
  // Server Action
  async function createPost() {
    'use server'
    // Update data
    // ...

  return <></>
}
`,
  },
  {
    title: 'an empty function for client components',
    file: 'app/actions.ts',
    movedTo: 'app/guide/client-components/actions.ts',
    code: `
'use server'

export async function createPost() {}
`,
  },
  {
    title: 'a client component that imports a function',
    file: 'app/ui/button.tsx',
    movedTo: 'app/guide/client-components/ui/button.tsx',
    code: `
'use client'

import { createPost } from '@/app/actions'

export function Button() {
  return <button formAction={createPost}>Create</button>
}
`,
  },
  {
    title: 'a form',
    file: 'app/ui/form.tsx',
    code: `
import { createPost } from '@/app/actions'

export function Form() {
  return (
    <form action={createPost}>
      <input type="text" name="title" />
      <input type="text" name="content" />
      <button type="submit">Create</button>
    </form>
  )
}
`,
  },
  {
    title: 'the function that a form calls',
    file: 'app/actions.ts',
    code: `
'use server'

export async function createPost(formData: FormData) {
  const title = formData.get('title')
  const content = formData.get('content')

  // Update data
  // Revalidate cache
}
`,
  },
  {
    title: 'an event handler',
    file: 'app/like-button.tsx',
    code: `
'use client'

import { incrementLike } from './actions'
import { useState } from 'react'

export default function LikeButton({ initialLikes }: { initialLikes: number }) {
  const [likes, setLikes] = useState(initialLikes)

  return (
    <>
      <p>Total Likes: {likes}</p>
      <button
        onClick={async () => {
          const updatedLikes = await incrementLike()
          setLikes(updatedLikes)
        }}
      >
        Like
      </button>
    </>
  )
}
`,
  },
  {
    title: 'a pending state',
    file: 'app/ui/button.tsx',
    code: `
'use client'

import { useActionState } from 'react'
import { createPost } from '@/app/actions'
import { LoadingSpinner } from '@/app/ui/loading-spinner'

export function Button() {
  const [state, action, pending] = useActionState(createPost, false)

  return (
    <button onClick={async () => action()}>
      {pending ? <LoadingSpinner /> : 'Create Post'}
    </button>
  )
}
`,
  },
  {
    title: 'revalidating the cache',
    file: 'app/lib/actions.ts',
    code: `
'use server'

import { revalidatePath } from 'next/cache'

export async function createPost(formData: FormData) {
  // Update data
  // ...

  revalidatePath('/posts')
}
`,
  },
  {
    title: 'redirecting',
    file: 'app/lib/actions.ts',
    code: `
'use server'

import { redirect } from 'next/navigation'

export async function createPost(formData: FormData) {
  // Update data
  // ...

  redirect('/posts')
}
`,
  },
]
