const settings = await Promise.resolve({ limit: 5 })
const here = async () => {
  'use server'
  return [typeof import.meta.url, settings.limit, (await import('./lazy.js')).lazy]
}
export { here }
