import { state } from '../state.ts'

const MODULE_SECRET = 'module-secret-4711'

export default function Page() {
  const captured = 'captured-secret-0815'
  async function use() {
    'use server'
    state.log.push(captured + MODULE_SECRET)
  }
  return (
    <form action={use}>
      <button>use</button>
    </form>
  )
}
