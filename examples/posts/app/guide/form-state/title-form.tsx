'use client'

import { useActionState } from 'react'

import { LoadingSpinner } from '@/app/ui/loading-spinner'
import { checkTitle } from './actions'

export function TitleForm() {
  const [state, action, pending] = useActionState(checkTitle, { title: '', message: '', tries: 0 })

  return (
    <>
      <form action={action}>
        <input type="text" name="title" aria-label="Title" placeholder="Title" defaultValue={state.title} key={state.tries} />
        <button disabled={pending}>{pending ? <LoadingSpinner /> : 'Is it free?'}</button>
      </form>
      {state.message ? (
        <p className="note" role="status">
          {state.message} Tries: {state.tries}.
        </p>
      ) : null}
    </>
  )
}
