import { decrement, increment } from '../actions.ts'
import double from '../actions.ts'
import { Counter } from './counter.tsx'
import { state } from '../state.ts'
import { bump } from '../actions.ts'

export default function Page() {
  return (
    <>
      <Counter increment={increment} decrement={decrement} double={double} />
      <p id="count">{state.count}</p>
      <form action={bump}>
        <button>bump by action</button>
        <button formAction={bump}>bump by formAction</button>
      </form>
    </>
  )
}
