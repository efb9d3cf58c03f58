// Next.js 16.4.6: `post.author` and `post.editor` are sealed apart and arrive as two objects.
export function page(post) {
  return async () => {
    'use server'
    post.author.name = 'changed'
    return [post.editor.name, post.author === post.editor]
  }
}
