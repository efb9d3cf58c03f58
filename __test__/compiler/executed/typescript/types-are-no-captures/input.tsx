import type { ReactNode } from 'react'

type Post = { id: number }
export function page(Post: string, type: number, node: ReactNode) {
  return async (a: typeof type, b?: Post): Promise<Post['id'] | typeof node> => {
    'use server'
    const c: typeof Post = 'c'
    return `${a} ${b?.id} ${c}`
  }
}
