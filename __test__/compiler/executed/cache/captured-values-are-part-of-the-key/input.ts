export let runs = 0

export function make(user: { id: string }, limit: bigint) {
  async function total() {
    'use cache'
    return limit * 2n
  }
  const posts = async (page: number) => {
    'use cache'
    return `${user.id} ${page} ${await total()}`
  }
  return { posts, total }
}

export function byUser(user: { id: string }, limit: bigint) {
  return async (page: number) => {
    'use cache'
    runs += 1
    return `${user.id} ${limit} ${page}`
  }
}
