export enum Kind {
  Draft = 'draft',
  Public = 'public',
}
const enum Size {
  Small = 1,
}
export namespace Posts {
  const prefix = 'post'
  export async function load(id: number) {
    'use server'
    return [prefix, id, Kind.Draft, Size.Small]
  }
  export const remove = async (id: number) => {
    'use server'
    return `${prefix} ${id} removed`
  }
  export namespace Inner {
    export const list = async () => {
      'use server'
      return [prefix]
    }
  }
}
