export function page() {
  let count = 1
  const save = async () => {
    'use server'
    return count
  }
  count = 2
  return { save, add: () => (count += 1) }
}
