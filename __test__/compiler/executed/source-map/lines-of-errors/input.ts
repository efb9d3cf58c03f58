// The action moves to the end of the module, an error of it stays where it was written.
export function page(id: string) {
  const first = async () => {
    'use server'
    return id
  }
  const failing = async (
    reason: string,
  ) => {
    'use server'

    throw new Error(`${id} ${reason}`)
  }
  return { first, failing, after: () => { throw new Error('after') } }
}

export async function outside() {
  'use server'
  null!.length
}
