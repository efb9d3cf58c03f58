import { state } from '../state.ts'
import { counted, fields } from '../actions.ts'
import { Queue } from './queue.tsx'

export default function Page() {
  return (
    <>
      <p id="count">{state.count}</p>
      <Queue />
      <form action={counted}>
        <input name="text" id="text" />
        <button>submit</button>
      </form>
      <form action={fields}>
        <input type="hidden" name="secret" value="1" />
        <input name="visible" defaultValue="2" />
        <button>fields</button>
      </form>
    </>
  )
}
