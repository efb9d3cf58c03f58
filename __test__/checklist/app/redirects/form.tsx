import { leave } from '../actions.ts'

export function Leave({ to, how = 'push' }: { to: string; how?: string }) {
  return (
    <form action={leave}>
      <input type="hidden" name="to" value={to} />
      <input type="hidden" name="how" value={how} />
      <button>{how === 'push' ? to : `${how} ${to}`}</button>
    </form>
  )
}
