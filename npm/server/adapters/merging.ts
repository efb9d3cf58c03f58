/** Headers of ours beside those that middleware has set. */

/** All that `Vary` names: what middleware said of the answer stays true. */
export function varyOf(before: unknown, ours: string): string {
  const names = [before ?? [], ours].flat().flatMap((text) => String(text).split(',')).map((name) => name.trim())
  const known = new Set<string>()
  return names.filter((name) => name !== '' && !known.has(name.toLowerCase()) && known.add(name.toLowerCase())).join(', ')
}
