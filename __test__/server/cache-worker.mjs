import { parentPort } from 'node:worker_threads'

import { Cache } from 'errand/server'

const cache = new Cache({ name: 'threads' })
parentPort.on('message', async (message) => {
  if (message === 'get') parentPort.postMessage(await cache.get('key'))
  if (message === 'revalidate') parentPort.postMessage(await cache.revalidateTag('a'))
  if (message === 'set') parentPort.postMessage(await cache.set('key', { from: 'worker' }))
})
