type Post = { id: number; title?: string }
interface Store<T> {
  items: T[]
}

export function page<T extends Post>(post: T, store?: Store<T>) {
  async function typed<U>(this: void, a: U, b?: (text: string) => number): Promise<[U, number | undefined]>
  async function typed(this: void, a: unknown, b?: (text: string) => number): Promise<unknown> {
    'use server'
    return [a, b?.('text'), post!.id as number satisfies number]
  }
  const generic = async <U,>(a: U, ...others: Array<() => void>): Promise<U | string> => {
    'use server'
    type Local = { a: U }
    const local: Local = { a }
    return others.length > 0 ? 'others' : (<U>local.a)
  }
  const cast = (async ({ title = post.title }: Partial<Post> = {}): Promise<string | undefined> => {
    'use server'
    return title ?? store?.items.map((it): string => it.title as string)[0]
  }) as unknown as () => Promise<string>
  return { typed, generic, cast }
}
