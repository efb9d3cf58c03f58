import { state } from '../state.ts'
import { Slow } from './slow.tsx'

export default function Page() {
  return (
    <>
      <p id="count">{state.count}</p>
      <Slow />
    </>
  )
}
