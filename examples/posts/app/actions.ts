'use server'

import { revalidatePath, revalidateTag } from 'next/cache'

import { addLike, addPost } from '@/app/lib/db'

export async function createPost(formData: FormData) {
  // A button without a form has nothing to send: `useActionState` passes its last state instead.
  if (!(formData instanceof FormData)) formData = await draft()

  const title = formData.get('title')
  const content = formData.get('content')

  // Update data
  addPost(String(title ?? '').trim() || 'Untitled', String(content ?? '').trim())

  // Revalidate cache
  revalidateTag('posts')
  revalidatePath('/')
}

export async function incrementLike() {
  return addLike()
}

/** What a slow service suggests, so that there is time to see that something is pending. */
async function draft() {
  await new Promise((resolve) => setTimeout(resolve, 800))
  const suggestion = new FormData()
  suggestion.set('title', 'A draft without a form')
  suggestion.set('content', 'Created by a button alone. Its pending state came from useActionState.')
  return suggestion
}
