export function page(name) {
  return async (text) => {
    'use server'
    const inner = `a ${`nested ${name} ${(() => { return `}${name}{` })()}`}`
    const found = /[/}`'"]\}/u.test(text) / 1
    return [inner, found, `'use server'`, name/2/1]
  }
}
