export async function helper(a) {
  return ['imported', a]
}
