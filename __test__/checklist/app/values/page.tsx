import { Badge } from './badge.tsx'
import { Show } from './show.tsx'

class Methods {
  static async badge() {
    'use server'
    return <Badge text="of a static method" />
  }
}

const object = {
  async method() {
    'use server'
    return 'of an object'
  },
}

export default function Page() {
  const when = new Date(86_400_000)
  const nested = { list: [new Map([[1, { when }]])] }

  async function exact() {
    'use server'
    return `${when.toISOString()} ${nested.list[0]!.get(1)!.when === when}`
  }
  async function inner(n: number) {
    'use server'
    return `inner ${n} of ${when.getTime()}`
  }
  async function outer() {
    'use server'
    return inner(7)
  }
  return <Show actions={{ 'static method': Methods.badge, 'object method': object.method, exact, outer }} />
}
