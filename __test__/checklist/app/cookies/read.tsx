'use client'

import { useState } from 'react'

import { readRequest } from '../actions.ts'

export function ReadRequest() {
  const [seen, setSeen] = useState('')
  return (
    <>
      <output>{seen}</output>
      <button onClick={async () => setSeen(JSON.stringify(await readRequest()))}>read</button>
    </>
  )
}
