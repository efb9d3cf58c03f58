import { cookies } from 'next/headers'

import { deleteCookieAndLeave, setCookie, setCookieAndLeave } from '../actions.ts'
import { ReadRequest } from './read.tsx'

export default async function Page() {
  return (
    <>
      <p id="flavour">{(await cookies()).get('flavour')?.value ?? 'none'}</p>
      <form action={setCookie}>
        <input name="flavour" defaultValue="oat" />
        <button>set</button>
      </form>
      <form action={setCookieAndLeave}>
        <button>set and leave</button>
      </form>
      <form action={deleteCookieAndLeave}>
        <button>delete and leave</button>
      </form>
      <ReadRequest />
    </>
  )
}
