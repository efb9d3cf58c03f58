'use server'

export default async function countDown(n) {
  return n === 0 ? countDown.name : countDown(n - 1)
}
