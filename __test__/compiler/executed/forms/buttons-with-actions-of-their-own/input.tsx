export const received: unknown[] = []

export function Page({ ids }: { ids: string[] }) {
  async function save() {
    'use server'
    received.push('save')
  }
  return ids.map((id) => (
    <form key={id} action={save}>
      <button
        formAction={async (form: FormData) => {
          'use server'
          received.push([id, form.get('title')])
        }}
      />
      <input name="title" />
    </form>
  ))
}
