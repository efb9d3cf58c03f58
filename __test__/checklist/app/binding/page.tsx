import { bound } from '../actions.ts'
import { Bound } from './bound.tsx'

export default function Page() {
  const once = bound.bind(null, { when: new Date(5) })
  const twice = once.bind(null, 6)
  return (
    <>
      <form action={twice}>
        <input name="c" defaultValue="c" />
        <button>bound on the server</button>
      </form>
      <Bound />
    </>
  )
}
