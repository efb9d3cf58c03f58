/** Names for errors: the same in the server's log and in the browser, which learns nothing else of them. */

/** The error's own digest, if it has one. */
export function knownDigest(error: unknown): string | undefined {
  const digest = typeof error === 'object' && error !== null && 'digest' in error ? error.digest : undefined
  return typeof digest === 'string' ? digest : undefined
}

/** FNV-1a of its text: short, and equal errors have equal names. */
export function digestOf(error: unknown): string {
  const known = knownDigest(error)
  if (known !== undefined) return known
  let hash = 0x811c9dc5
  for (const char of error instanceof Error ? `${error.message}${error.stack}` : String(error)) {
    hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193) >>> 0
  }
  return hash.toString(16).padStart(8, '0')
}
