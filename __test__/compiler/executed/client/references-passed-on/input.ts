'use server'

export async function greet(name: string) {
  return `Hello, ${name}`
}
export async function later(name: string) {
  return { again: greet.bind(null, name), greet }
}
export async function run(action: (name: string) => Promise<string>, name: string) {
  return action(name)
}
