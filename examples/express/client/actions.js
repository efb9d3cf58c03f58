'use server'

import { setTimeout as wait } from 'node:timers/promises'

import { cookies } from 'errand/headers'
import { ActionError } from 'errand/server'

import { addMessage, findMessage, messages, removeMessage } from '../guestbook.js'
import { userOf } from '../session.js'

/** The guest's name, by the session that Express made. */
async function guest() {
  const session = (await cookies()).get('session')
  const user = userOf(session?.value)
  if (!user) throw new ActionError('signed-out', null, 'Please say who you are first.')
  return user.name
}

/** A form's action: takes the state before it, gives the state after it. */
export async function sign(previous, formData) {
  const author = await guest()
  await wait(400) // as if the database were far away
  const text = String(formData.get('text')).trim()
  if (text === '') return { error: 'Write something first.' }
  return { message: addMessage(author, text) }
}

/** Called from a click. */
export async function like(id) {
  const message = findMessage(id)
  if (!message) throw new ActionError('gone', { id }, 'That message is gone.')
  return (message.likes += 1)
}

export async function remove(id) {
  const author = await guest()
  const message = findMessage(id)
  if (message && message.author !== author) {
    throw new ActionError('not-yours', { author: message.author }, `Only ${message.author} can remove that.`)
  }
  if (message) removeMessage(id)
}

/** Values that JSON has no words for arrive as they left: a `Date` is a `Date`, a `Map` is a `Map`. */
export async function statistics() {
  const perAuthor = new Map()
  for (const { author } of messages) perAuthor.set(author, (perAuthor.get(author) ?? 0) + 1)
  return { at: new Date(), perAuthor }
}
