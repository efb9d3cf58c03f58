export function page(user) {
  const [first] = user.posts
  return async () => {
    'use server'
    first.title = 'changed'
    return [user.posts[0].title, user.posts[0] === first, user.self === user]
  }
}
