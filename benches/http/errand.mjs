/** A no-op action through `handler.node` on `node:http`. */

import { createServer } from 'node:http'
import process from 'node:process'

import { createHandler } from 'errand/server'

const { node } = createHandler({ actions: { noop: () => async () => {} } })
const server = createServer((req, res) => void node(req, res))
server.listen(0, '127.0.0.1', () => process.send?.(server.address().port))
process.on('disconnect', () => process.exit())
