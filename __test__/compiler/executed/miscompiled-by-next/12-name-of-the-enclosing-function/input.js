// Next.js 16.4.6: the moved function is named Page, and inside of it that name means itself.
export default function Page(id) {
  if (id === undefined) return 'the component'
  return {
    forms: [
      async () => {
        'use server'
        return [Page(), id]
      },
      async () => {
        'use server'
        return Page()
      },
    ],
  }
}
