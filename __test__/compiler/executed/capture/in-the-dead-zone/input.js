export function page() {
  const save = async () => {
    'use server'
    return later
  }
  const early = save()
  const later = 'there'
  return { save, early }
}
