'use client'

import { useState } from 'react'

import { bound, lastFields, same } from '../actions.ts'

export function Bound() {
  const [seen, setSeen] = useState('')
  return (
    <>
      <form action={bound.bind(null, { when: new Date(7) }, 8)}>
        <input name="c" defaultValue="d" />
        <button>bound in the browser</button>
      </form>
      <output>{seen}</output>
      <button onClick={async () => setSeen(String(await lastFields()))}>what arrived</button>
      <button onClick={async () => setSeen(String(await same(lastFields)))}>is it the same</button>
    </>
  )
}
