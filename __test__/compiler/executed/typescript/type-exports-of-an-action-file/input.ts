'use server'

export type Post = { id: number }
export interface Store {
  posts: Post[]
}
export type { ReactNode } from 'react'
export async function save(post: Post): Promise<void>
export async function save(post: Post, store: Store): Promise<number>
export async function save(post: Post, store?: Store): Promise<number | void> {
  return store && post.id + store.posts.length
}
declare const nowhere: unique symbol
export const load = (async <T,>(a: T): Promise<T> => a) satisfies <T>(a: T) => Promise<T>
