/** The same tests over each store that there is. */

import { after, before, describe } from 'node:test'

import { Cache, type CacheOptions, createHandler } from 'errand/server'

import { type RedisServer, startRedis } from '../support/redis.ts'
import { tempFolder } from '../support/temp.ts'

/** Runs `act` with a cache of its own that `errand/cache` uses too. */
export type WithCache = (act: (cache: Cache) => Promise<void>) => () => Promise<void>

/** `size`: of the store, and of a value in Redis. */
export function eachStore(size: string, tests: (withCache: WithCache, store: string) => void): void {
  let redis: RedisServer
  before(async () => (redis = await startRedis()))
  after(() => redis?.stop())

  let caches = 0
  const stores: Record<string, (folder: string) => CacheOptions> = {
    memory: () => ({ maxBytes: size }),
    disk: (path) => ({ store: 'disk', path, maxBytes: size }),
    redis: () => ({ store: 'redis', url: redis.url, prefix: `cache-${(caches += 1)}`, maxValueBytes: size }),
  }
  for (const [store, options] of Object.entries(stores)) {
    describe(`the ${store} store`, () => {
      tests((act) => async () => {
        const folder = tempFolder('cache')
        const cache = new Cache(options(folder.path))
        createHandler({ actions: {}, cache })
        try {
          await cache.ready()
          await act(cache)
        } finally {
          await cache.close()
          folder.remove()
        }
      }, store)
    })
  }
}
