export default async function load(id: number): Promise<string> {
  'use server'
  return `loaded ${id}`
}
