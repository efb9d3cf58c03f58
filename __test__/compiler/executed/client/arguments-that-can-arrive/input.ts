'use server'

export async function none() {
  return 'called'
}
export async function two(a: unknown, { b }: { b?: unknown } = {}) {
  return [a, b]
}
export async function counted(...all: unknown[]) {
  return all.length
}
export async function some(first: unknown, second = 'default', ...others: unknown[]) {
  return [first, second, others]
}
const wrap = <T,>(action: T): T => action
export const wrapped = wrap(async (...all: unknown[]) => all)
