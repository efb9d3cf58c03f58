import { leaveRefreshed } from '../actions.ts'
import { Leave } from './form.tsx'

export default function Page() {
  return (
    <>
      <input id="typed" />
      <Leave to="/landing" />
      <Leave to="/landing" how="replace" />
      <Leave to="/landing" how="permanent" />
      <Leave to="./landing" />
      <Leave to="/landing?q=caf%C3%A9&word=naïve" />
      <Leave to="/bounce" />
      <Leave to="/redirects" />
      <form action={leaveRefreshed}>
        <button>refreshed</button>
      </form>
    </>
  )
}
