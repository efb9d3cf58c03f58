import { headers } from 'next/headers'

import { state } from '../state.ts'
import { Forms } from './forms.tsx'

export default async function Page({ searchParams }: { searchParams: Promise<Record<string, string>> }) {
  return (
    <>
      <p id="count">{state.count}</p>
      <p id="last">{state.log.findLast((it) => it.startsWith('submitted'))}</p>
      <p id="search">{JSON.stringify(await searchParams)}</p>
      <p id="action-header">{String((await headers()).get('errand-action'))}</p>
      <Forms />
    </>
  )
}
