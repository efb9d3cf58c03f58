'use server'

export async function* count(to) {
  for (let n = 1; n <= to; n++) yield n
}
