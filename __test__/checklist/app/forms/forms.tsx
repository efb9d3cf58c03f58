'use client'

import { useRouter } from 'next/navigation'
import { useActionState, useState } from 'react'
import { useFormStatus } from 'react-dom'

import { bump, checked, counted, leave, remember, verySlow } from '../actions.ts'

function Status() {
  const { pending } = useFormStatus()
  return <p id="status">{pending ? 'pending' : 'idle'}</p>
}

export function Forms() {
  const router = useRouter()
  const [text, setText] = useState('')
  const [state, act] = useActionState(remember, 'nothing', '/forms?from=permalink')
  return (
    <>
      <form action={counted}>
        <input id="text" name="text" />
        <button>imported</button>
      </form>
      <form action={act}>
        <input name="word" defaultValue="kept" />
        <button>with state</button>
      </form>
      <p id="state">{state}</p>
      <form action={verySlow.bind(null, false)}>
        <Status />
        <button>slow form</button>
      </form>
      <form action={leave}>
        <input id="to" name="to" />
        <button>leave</button>
      </form>
      <button onClick={async () => setText(JSON.stringify(await checked({ n: 1 })))}>check 1</button>
      <button onClick={async () => setText(JSON.stringify(await checked({ n: 'x' })))}>check x</button>
      <button
        onClick={async () => {
          await bump()
          router.push('/forms?after=bump')
        }}
      >
        bump and go
      </button>
      <button onClick={() => router.refresh()}>refresh</button>
      <output>{text}</output>
    </>
  )
}
