export function page(id: number) {
  class Posts {
    static async load(a: string): Promise<unknown>
    static async load(a: number, b: number): Promise<unknown>
    static async load(...all: unknown[]): Promise<unknown> {
      'use server'
      return [id, ...all]
    }
  }
  return Posts.load
}
export namespace Named {
  export async function save(a: string): Promise<string>
  export async function save(a: unknown): Promise<unknown> {
    'use server'
    return a
  }
}
export default async function find(a: string): Promise<string>
export default async function find(a: unknown): Promise<unknown> {
  'use server'
  return ['found', a]
}
