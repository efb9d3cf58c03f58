'use server'

import { revalidatePath } from 'next/cache'
import { cookies, headers } from 'next/headers'
import { forbidden, notFound, permanentRedirect, redirect, RedirectType, unauthorized } from 'next/navigation'

import * as v from 'valibot'

import { state } from './state.ts'

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

export async function increment(n: number) {
  return n + 1
}

export async function decrement(n: number) {
  return n - 1
}

const double = async (n: number) => n * 2
export default double

async function hidden(n: number) {
  return n + 100
}
export { hidden as renamed, hidden as $odd_ñame }

export const arrow = async (n: number) => n + 1000

function authenticated<A extends unknown[], R>(action: (...args: A) => Promise<R>) {
  return async (...args: A) => {
    state.log.push('wrapper')
    return action(...args)
  }
}
export const wrapped = authenticated(async (n: number) => n + 10_000)

export async function wrapperRuns() {
  return state.log.filter((it) => it === 'wrapper').length
}

export async function bump() {
  state.count += 1
}

export async function readCount() {
  return state.count
}

export async function setCookie(form: FormData) {
  const jar = await cookies()
  jar.set('flavour', String(form.get('flavour')))
}

export async function setCookieAndLeave() {
  const jar = await cookies()
  jar.set('flavour', 'redirected')
  redirect('/cookies?from=redirect')
}

export async function deleteCookieAndLeave() {
  const jar = await cookies()
  jar.delete('flavour')
  redirect('/cookies?from=delete')
}

export async function readRequest() {
  return [(await cookies()).get('flavour')?.value ?? null, (await headers()).get('accept')]
}

export async function leave(form: FormData) {
  const to = String(form.get('to'))
  if (form.get('how') === 'replace') redirect(to, RedirectType.replace)
  if (form.get('how') === 'permanent') permanentRedirect(to)
  redirect(to)
}

export async function breakPage() {
  state.isBroken = true
  revalidatePath('/fragile')
  return 'the result'
}

export async function checked(value: unknown) {
  return v.safeParse(v.object({ n: v.number() }), value).success
}

export async function remember(before: string, form: FormData) {
  return `${String(form.get('word'))} after ${before}`
}

export async function leaveRefreshed() {
  state.count += 1
  revalidatePath('/landing')
  redirect('/landing')
}

export async function fail(form: FormData) {
  const how = form.get('how')
  if (how === 'not-found') notFound()
  if (how === 'forbidden') forbidden()
  if (how === 'unauthorized') unauthorized()
  throw new Error('the password is hunter2')
}

export async function failAfterwards() {
  state.count += 1
  revalidatePath('/cached')
  throw new Error('too late')
}

export async function caught() {
  throw new Error('for the caller')
}

export async function fields(form: FormData) {
  state.log.push([...form.keys()].join(','))
}

export async function lastFields() {
  return state.log.at(-1)
}

export async function slow(n: number) {
  state.log.push(`start ${n}`)
  await sleep(150)
  state.log.push(`end ${n}`)
  return n
}

export async function verySlow(change: boolean) {
  await sleep(1_500)
  state.count += 1
  if (change) revalidatePath('/slow')
}

export async function counted(form: FormData) {
  state.log.push(`submitted ${String(form.get('text'))}`)
}

export async function submissions(text: string) {
  return state.log.filter((it) => it === `submitted ${text}`).length
}

export async function bound(a: { when: Date }, b: number, form: FormData) {
  state.log.push(JSON.stringify([a.when.getTime(), b, form.get('c')]))
}

export async function same(action: unknown) {
  return action === lastFields
}

export async function touch(which: string) {
  state.count += 1
  revalidatePath(which)
}
