/** Reads the digest of what `redirect()`, `notFound()` and the like throw; only the digest survives the way to a browser. */

export type Navigation = { redirect: string; status: number } | { status: number }

export function navigationOf(error: unknown): Navigation | null {
  const digest = typeof error === 'object' && error !== null && 'digest' in error ? error.digest : undefined
  if (typeof digest !== 'string') return null
  const [kind, ...rest] = digest.split(';')
  if (kind === 'NEXT_HTTP_ERROR_FALLBACK') return { status: Number(rest[0]) }
  if (kind !== 'NEXT_REDIRECT') return null
  // The address may hold semicolons itself: it is all between the type and the status.
  return { redirect: rest.slice(1, -2).join(';'), status: Number(rest.at(-2)) }
}
