export function page(größe, \u0061b, 名前) {
  return async () => {
    'use server'
    return [größe, ab, \u540d前, '😀'.length, "\u2028"]
  }
}
