type Action<A extends unknown[]> = (...args: A) => Promise<unknown>
const keep = <A extends unknown[]>(action: Action<A>): Action<A> => action

export const table = {
  save: keep<[number]>(async (n: number) => {
    'use server'
    return n + 1
  }),
  load: (async <T,>(it: T): Promise<T> => {
    'use server'
    return it
  }) satisfies Action<[unknown]>,
} as const

export function Page<const T extends { id: number }>({ id }: T) {
  const list = [1, 2].map((n) => async (by: number = id!, ...[more]: [number?]) => {
    'use server'
    return [n, by as number, more satisfies number | undefined]
  })
  return <form action={(list[0] as never)!} data-list={list} />
}
