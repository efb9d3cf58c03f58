// Next.js 16.4.6: a ReferenceError when the action runs.
export function page({ id: postId = 1, author: { name: author = 'nobody', ...others } = {} }, [first = 'a', ...more]) {
  const { title: heading = 'none' } = others
  return async () => {
    'use server'
    return { postId, author, first, more, heading, others }
  }
}
