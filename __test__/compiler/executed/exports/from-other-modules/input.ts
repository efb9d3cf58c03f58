'use server'

export * from './stored.ts'
export { load as find, default } from './load.ts'
export type { Post } from './load.ts'
