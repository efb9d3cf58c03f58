'use client'

import { useState } from 'react'

import { caught } from '../actions.ts'

export function Catching() {
  const [message, setMessage] = useState('')
  const call = async () => {
    try {
      await caught()
    } catch (error) {
      const { message, digest } = error as Error & { digest?: string }
      setMessage(`caught ${message} ${digest ? 'with a digest' : ''}`)
    }
  }
  return (
    <>
      <output>{message}</output>
      <button onClick={call}>catch</button>
    </>
  )
}
