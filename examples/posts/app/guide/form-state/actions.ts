'use server'

import { hasTitle } from '@/app/lib/db'

export interface TitleState {
  title: string
  message: string
  tries: number
}

export async function checkTitle(state: TitleState, formData: FormData): Promise<TitleState> {
  const title = String(formData.get('title') ?? '').trim()
  const tries = state.tries + 1
  if (title === '') return { title, tries, message: 'A title needs at least one letter.' }
  return { title, tries, message: hasTitle(title) ? `“${title}” is taken.` : `“${title}” is free.` }
}
