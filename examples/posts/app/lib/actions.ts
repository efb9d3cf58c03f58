'use server'

import { revalidatePath } from 'next/cache'
import { redirect } from 'next/navigation'

import { addPost, removePost } from './db'

export async function createPost(formData: FormData) {
  // Update data
  // ...
  addPost(field(formData, 'title') || 'Untitled', field(formData, 'content'))

  revalidatePath('/posts')
  redirect('/posts')
}

export async function deletePost(formData: FormData) {
  removePost(Number(formData.get('id')))

  revalidatePath('/posts')
}

function field(formData: FormData, name: string) {
  return String(formData.get(name) ?? '').trim()
}
