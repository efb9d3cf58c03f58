/** A no-op action, and a page that its cache holds, through `handler.listen`. */

import process from 'node:process'

import { createHandler } from 'errand/server'

const handler = createHandler({ actions: { noop: () => async () => {} } })
console.warn = () => {} // a line for each refusal is not what is measured
const page = handler.page(() => '<!doctype html><p>cached</p>'.padEnd(4096, '.'), { revalidate: 3600 })
const server = await handler.listen({ host: '127.0.0.1', fetch: page })
process.send?.(server.port)
process.on('disconnect', () => process.exit())
