'use client'

import { useState } from 'react'

import { verySlow } from '../actions.ts'

export function Slow() {
  const [typed, setTyped] = useState('')
  return (
    <>
      <input id="typed" value={typed} onChange={(event) => setTyped(event.target.value)} />
      <button onClick={() => void verySlow(true)}>change</button>
    </>
  )
}
