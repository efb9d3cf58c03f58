import { type Stored, stored } from './stored.mts'

export async function page(id: number) {
  const { default: load } = await import('./load.mts')
  return async (): Promise<Stored> => {
    'use server'
    return [await stored(id), await load(id)] as Stored
  }
}
