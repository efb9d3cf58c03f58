const log: string[] = []
async function open(name: string): Promise<AsyncDisposable> {
  log.push(`open ${name}`)
  return { [Symbol.asyncDispose]: async () => void log.push(`close ${name}`) }
}

export async function page(name: string) {
  await using shared = await open('shared')
  const kind = typeof shared
  return async () => {
    'use server'
    for (await using resource of [await open(name), await open('other')]) log.push(`use ${typeof resource}`)
    return [kind, ...log.splice(0)]
  }
}
