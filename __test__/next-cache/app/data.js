import { cacheLife, cacheTag } from 'next/cache'

/** Counts how often it was asked; so does whoever reads it. */
const BACKEND = process.env.BACKEND

export async function cached() {
  'use cache'
  cacheTag('uc')
  cacheLife('hours')
  return fromBackend('uc')
}

export async function fetched() {
  const response = await fetch(`${BACKEND}/f`, { next: { tags: ['f'], revalidate: 3600 } })
  return response.text()
}

export async function fromBackend(name) {
  const response = await fetch(`${BACKEND}/${name}`, { cache: 'no-store' })
  return response.text()
}
