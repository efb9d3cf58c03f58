'use client'

import { useState } from 'react'

export function Badge({ text }: { text: string }) {
  const [clicks, setClicks] = useState(0)
  return (
    <button id="badge" onClick={() => setClicks(clicks + 1)}>
      {text} {clicks}
    </button>
  )
}
