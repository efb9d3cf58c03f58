import { cacheTag, revalidateTag } from 'next/cache'

import { state } from '../state.ts'

async function total(of: string) {
  'use cache'
  cacheTag(`total of ${of}`)
  state.totals += 1
  return `${of}: ${state.totals}`
}

export default async function Page() {
  const secret = 'remembered-secret'
  const both = async () => {
    'use cache'
    return [await total('posts'), await total('users'), secret.length]
  }
  async function change(of: string) {
    'use server'
    revalidateTag(`total of ${of}`)
  }
  const [posts, users, length] = await both()
  return (
    <>
      <p id="posts">{posts}</p>
      <p id="users">{users}</p>
      <p>{length}</p>
      <form action={change.bind(null, 'posts')}>
        <button>change posts</button>
      </form>
      <form action={change.bind(null, 'users')}>
        <button>change users</button>
      </form>
    </>
  )
}
