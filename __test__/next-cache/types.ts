/** The handlers are what Next's own types ask for. */

import type { CacheHandler as UseCacheHandler } from '../next/node_modules/next/dist/server/lib/cache-handlers/types.d.ts'
import type { CacheHandler } from '../next/node_modules/next/dist/server/lib/incremental-cache/index.d.ts'

import IncrementalCacheHandler from 'errand/next/incremental'
import useCache from 'errand/next/use-cache'

useCache satisfies UseCacheHandler
IncrementalCacheHandler satisfies typeof CacheHandler
