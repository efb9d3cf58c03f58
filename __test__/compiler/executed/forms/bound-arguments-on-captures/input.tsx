export const received: unknown[] = []

export function Page({ id }: { id: number }) {
  const move = async (to: string, at: Map<string, number>, form: FormData) => {
    'use server'
    received.push([id, to, at, form.get('why')])
  }
  return (
    <form action={move.bind(null, 'the end', new Map([['row', 2]]))}>
      <input name="why" />
    </form>
  )
}
