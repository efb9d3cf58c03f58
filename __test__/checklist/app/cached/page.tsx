import { failAfterwards, touch } from '../actions.ts'
import { state } from '../state.ts'

export const revalidate = 3600

export default function Page() {
  return (
    <>
      <p id="count">{state.count}</p>
      <a href="/other-cached">other</a>
      <form action={touch.bind(null, '/cached')}>
        <button>touch</button>
      </form>
      <form action={failAfterwards}>
        <button>fail afterwards</button>
      </form>
    </>
  )
}
