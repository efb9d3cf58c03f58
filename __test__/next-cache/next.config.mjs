import { createRequire } from 'node:module'

const { resolve } = createRequire(import.meta.url)

export default {
  cacheComponents: true,
  cacheMaxMemorySize: 0,
  cacheHandler: resolve('errand/next/incremental'),
  cacheHandlers: { default: resolve('errand/next/use-cache'), remote: resolve('errand/next/use-cache') },
}
