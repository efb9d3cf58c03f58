import { fail } from '../actions.ts'
import { Catching } from './catching.tsx'

export default function Page() {
  return (
    <>
      {['not-found', 'forbidden', 'unauthorized', 'error'].map((how) => (
        <form key={how} action={fail}>
          <input type="hidden" name="how" value={how} />
          <button>{how}</button>
        </form>
      ))}
      <Catching />
    </>
  )
}
