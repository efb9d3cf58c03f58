export const received: unknown[] = []

export function Page({ id, when }: { id: number; when: Date }) {
  async function save(form: FormData) {
    'use server'
    received.push([id, when, form.get('title')])
  }
  return (
    <form action={save}>
      <input name="title" />
    </form>
  )
}

async function ping(form: FormData) {
  'use server'
  received.push([...form])
}
export const Plain = () => <form action={ping} />
