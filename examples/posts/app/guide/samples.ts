/** The samples of “How to update data”, in its order. */

export interface Sample {
  slug: string
  title: string
  summary: string
}

export const samples: Sample[] = [
  { slug: 'server-functions', title: 'Creating Server Functions', summary: 'A file with “use server” on top: all its exports can be called.' },
  { slug: 'server-components', title: 'Inside Server Components', summary: 'The directive in a function of the page itself.' },
  { slug: 'client-components', title: 'From Client Components', summary: 'Imported from a file of its own, given to formAction.' },
  { slug: 'forms', title: 'Forms', summary: 'A function as the action of a form. It receives the FormData.' },
  { slug: 'event-handlers', title: 'Event handlers', summary: 'Called like any function, awaited like any promise.' },
  { slug: 'pending', title: 'Showing a pending state', summary: 'useActionState knows that a function is still running.' },
  { slug: 'revalidating', title: 'Revalidating the cache', summary: 'Say what changed; what showed it is rendered again.' },
  { slug: 'redirecting', title: 'Redirecting', summary: 'Leave for another page when the work is done.' },
  { slug: 'form-state', title: 'Form state without JavaScript', summary: 'The state of useActionState survives a plain form post.' },
  { slug: 'errors', title: 'When something goes wrong', summary: 'An error page of your own, with a name for the log.' },
]

export function sampleOf(slug: string): Sample {
  const sample = samples.find((it) => it.slug === slug)
  if (!sample) throw new Error(`there is no sample ${slug}`)
  return sample
}
