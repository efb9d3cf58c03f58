export const metadata = { title: 'Not found' }

export default function NotFound() {
  return (
    <div className="message">
      <p className="code">404</p>
      <h1>There is no such page</h1>
      <p>The address is wrong, or the page has moved.</p>
      <a className="button" href="/">
        Go to the beginning
      </a>
    </div>
  )
}
