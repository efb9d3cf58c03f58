'use client'

import { type ReactNode, useState } from 'react'

type Give = () => Promise<ReactNode>

export function Show({ actions }: { actions: Record<string, Give> }) {
  const [shown, setShown] = useState<ReactNode>(null)
  return (
    <>
      <div id="shown">{shown}</div>
      {Object.entries(actions).map(([name, give]) => (
        <button key={name} onClick={async () => setShown(await give())}>
          {name}
        </button>
      ))}
    </>
  )
}
