export let runs = 0

export async function fibonacci(n) {
  'use cache'
  runs += 1
  return n < 2 ? n : (await fibonacci(n - 1)) + (await fibonacci(n - 2))
}

export async function pair(a, b = 'none', ...rest) {
  'use cache'
  return [a, b, rest, (runs += 1)]
}

export async function fails() {
  'use cache'
  throw new Error(`run ${(runs += 1)}`)
}
