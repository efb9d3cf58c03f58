'use server'

export async function declared(a) {
  return ['declared', a]
}
export const arrow = async (a) => ['arrow', a]
export let expression = async function (a) {
  return ['expression', a]
}
export var named = async function inner(a) {
  return a > 0 ? inner(a - 1) : ['named', a]
}
export const one = async () => 1,
  two = async () => 2
