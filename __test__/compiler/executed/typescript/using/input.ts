const log: string[] = []
function open(name: string): Disposable {
  log.push(`open ${name}`)
  return { [Symbol.dispose]: () => log.push(`close ${name}`) }
}

export function page(name: string) {
  return async () => {
    'use server'
    log.length = 0
    {
      using resource = open(name)
      log.push(typeof resource)
    }
    return [...log]
  }
}
