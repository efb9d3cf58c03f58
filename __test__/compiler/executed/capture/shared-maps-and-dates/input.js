export function page(tags, when) {
  const post = { tags, when, list: [tags] }
  return async () => {
    'use server'
    tags.set('new', 2)
    return [post.tags === tags, post.list[0] === tags, post.when === when, post.tags.size]
  }
}
