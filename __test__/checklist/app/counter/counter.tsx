'use client'

import { useState } from 'react'

import { arrow, increment as imported, readCount, renamed, wrapped, wrapperRuns } from '../actions.ts'
import * as all from '../actions.ts'

type Step = (n: number) => Promise<number>

export function Counter(props: { increment: Step; decrement: Step; double: Step }) {
  const [n, setN] = useState(0)
  const steps: Record<string, (n: number) => Promise<unknown>> = {
    ...props,
    imported,
    renamed,
    exotic: all.$odd_ñame,
    arrow,
    wrapped,
    'wrapper runs': wrapperRuns,
    'read count': readCount,
  }
  return (
    <>
      <output>{n}</output>
      {Object.entries(steps).map(([name, step]) => (
        <button key={name} onClick={async () => setN(Number(await step(n)))}>
          {name}
        </button>
      ))}
    </>
  )
}
