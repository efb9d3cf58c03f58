'use server'

export interface Post {
  id: number
}
export async function load(post: Post): Promise<number> {
  return post.id
}
export default async (): Promise<string> => 'default'
