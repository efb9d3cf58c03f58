class Post {
  constructor(title) {
    this.title = title
  }
}
export function page(title) {
  const data = { list: [new Post(title)] }
  return async () => {
    'use server'
    return data.list[0].title
  }
}
