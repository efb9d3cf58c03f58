'use client'

export default function Broken({ error }: { error: Error & { digest?: string } }) {
  return (
    <p id="boundary">
      boundary: {error.message} <span id="digest">{error.digest}</span>
    </p>
  )
}
