'use client'

export default function ErrorPage({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <div className="message">
      <h1>Something went wrong</h1>
      <p>It is our fault, not yours. You can try again.</p>
      {error.digest ? <p className="code">Digest {error.digest}</p> : null}
      <button onClick={() => reset()}>Try again</button>
    </div>
  )
}
