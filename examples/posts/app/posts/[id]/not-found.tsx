export default function PostNotFound() {
  return (
    <div className="message">
      <h1>This post is gone</h1>
      <p>It may have been deleted, or it never was.</p>
      <a className="button" href="/posts">
        See all posts
      </a>
    </div>
  )
}
