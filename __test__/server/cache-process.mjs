/** A server: a cached page that shows a number, an action that raises it. The number is in a file that all share. */

import { appendFileSync, existsSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

import { revalidateTag } from 'errand/cache'
import { createHandler } from 'errand/server'

const { DATA, CACHE } = process.env
const number = () => (existsSync(DATA) ? statSync(DATA).size : 0)
const actions = {
  write: () => async () => {
    appendFileSync(DATA, 'x')
    const now = number()
    await revalidateTag('number')
    return now
  },
}
const handler = createHandler({ actions, cache: JSON.parse(CACHE), onError: () => {} })
const page = handler.page(() => String(number()), { revalidate: 60, tags: ['number'] })
const slow = handler.page(async () => (await sleep(3_000), 'slow'), { revalidate: 60 })
const server = createServer((req, res) => {
  void handler.node(req, res, () => void (req.url === '/slow' ? slow : page)(req, res))
})
await handler.cache.ready()
server.listen(0, '127.0.0.1', () => process.send(`http://127.0.0.1:${server.address().port}`))
process.on('disconnect', () => process.exit())
