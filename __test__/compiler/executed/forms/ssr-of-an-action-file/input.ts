'use server'

import { received } from './received.ts'

export async function save(form: FormData) {
  received.push(form.get('title'))
}
export default async () => {
  received.push('default')
}
