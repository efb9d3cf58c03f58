import { state } from '../state.ts'
import { Fragile } from './fragile.tsx'

export default function Page() {
  if (state.isBroken) {
    state.isBroken = false
    throw new Error('the page is broken')
  }
  return <Fragile />
}
