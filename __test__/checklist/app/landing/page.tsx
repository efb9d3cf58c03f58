import { state } from '../state.ts'

export default async function Page({ searchParams }: { searchParams: Promise<Record<string, string>> }) {
  return (
    <>
      <h1>landed</h1>
      <p id="search">{JSON.stringify(await searchParams)}</p>
      <p id="count">{state.count}</p>
    </>
  )
}
