export function Page({ id }) {
  return (
    <form
      action={async (form) => {
        'use server'
        return ['action', id, form]
      }}
    >
      <button
        formAction={async function () {
          'use server'
          return ['formAction', id]
        }}
      />
    </form>
  )
}
