'use server'

export default (async function factorial(n) {
  return n < 2 ? 1 : n * (await factorial(n - 1))
})
