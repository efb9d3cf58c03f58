import { Leave } from '../form.tsx'

export default function Page() {
  return (
    <>
      <Leave to="../landing" />
      <Leave to="./other" />
    </>
  )
}
