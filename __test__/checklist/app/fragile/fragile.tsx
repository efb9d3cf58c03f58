'use client'

import { breakPage } from '../actions.ts'

export function Fragile() {
  const call = async () => {
    const result = await breakPage()
    document.documentElement.dataset['result'] = result // outlives this component
  }
  return <button onClick={call}>break the page</button>
}
