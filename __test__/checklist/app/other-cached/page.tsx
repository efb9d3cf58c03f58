import { touch } from '../actions.ts'
import { state } from '../state.ts'

export const revalidate = 3600

export default function Page() {
  return (
    <>
      <h1>other cached</h1>
      <p id="count">{state.count}</p>
      <a href="/cached">cached</a>
      <form action={touch.bind(null, '/cached')}>
        <button>touch the other</button>
      </form>
    </>
  )
}
