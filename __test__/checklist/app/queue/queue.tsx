'use client'

import { useEffect, useState, useTransition } from 'react'

import { increment, lastFields, slow, submissions, verySlow } from '../actions.ts'

export function Queue() {
  const [done, setDone] = useState<number[]>([])
  const [text, setText] = useState('')
  const [onMount, setOnMount] = useState(0)
  const [isPending, startTransition] = useTransition()
  useEffect(() => {
    void increment(41).then(setOnMount)
  }, [])
  const six = () => {
    for (let n = 1; n <= 6; n += 1) {
      startTransition(async () => {
        const result = await slow(n)
        startTransition(() => setDone((before) => [...before, result]))
      })
    }
  }
  return (
    <>
      <p id="pending">{isPending ? 'pending' : 'idle'}</p>
      <p id="done">{done.join(',')}</p>
      <p id="mounted">{onMount}</p>
      <output>{text}</output>
      <button onClick={six}>six</button>
      <button onClick={() => void verySlow(false)}>very slow</button>
      <button onClick={async () => setText(String(await submissions('once')))}>how often</button>
      <button onClick={async () => setText(String(await lastFields()))}>which fields</button>
    </>
  )
}
