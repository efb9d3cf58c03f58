/** The samples of `docs/hosts.md`, run as they are there. */

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { decodeResult, encodeReply } from 'errand'

import { freePort } from '../support/ports.ts'
import { type ServerProcess, start } from '../support/server.ts'

const page = readFileSync(new URL('../../docs/hosts.md', import.meta.url), 'utf8')

const samples = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')), /^```js\n(.*?)^```/ms.exec(section)?.[1] ?? '']),
)

/** How the page says that an action finds the user of a sample. */
const USER_OF: Record<string, string> = {
  'node:http': 'hostRequest().headers["x-user"]',
  Koa: 'hostRequest().state.user.name',
  Hono: "hostRequest().get('user').name",
}
const IN_SAMPLE = 'hostRequest().user.name'

for (const host of ['node:http', 'Express', 'Fastify', 'Koa', 'Hono', 'Fetch']) {
  describe(host, () => {
    let folder: string
    let url: string
    let server: ServerProcess

    before(async () => {
      const cache = fileURLToPath(new URL('node_modules/.cache/errand/', import.meta.url)) // where the packages are found
      mkdirSync(cache, { recursive: true })
      folder = mkdtempSync(join(cache, 'docs-'))
      mkdirSync(join(folder, 'client'))
      writeFileSync(join(folder, 'server.mjs'), samples.get(host)!)
      const action = samples.get('The request in an action')!
      assert.ok(action.includes(IN_SAMPLE))
      writeFileSync(join(folder, 'client', 'actions.mjs'), action.replace(IN_SAMPLE, USER_OF[host] ?? IN_SAMPLE))
      const actions = { whoami: { file: 'actions.mjs', export: 'whoami', kind: 'module' } }
      writeFileSync(join(folder, 'client', 'errand.json'), JSON.stringify({ version: 1, root: '.', actions }))
      const port = await freePort()
      url = `http://localhost:${port}/`
      server = await start({ command: ['node', 'server.mjs'], cwd: folder, env: { PORT: String(port) }, url })
    })
    after(async () => {
      await server?.stop()
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
    })

    test('an action knows its user', async () => {
      const headers = { 'errand-action': 'whoami', 'x-user': 'ada' }
      const response = await fetch(url, { method: 'POST', headers, body: await encodeReply([]) })
      assert.equal(response.status, 200, server.output())
      assert.equal(await ((await decodeResult(response.body!)) as { a: unknown }).a, 'ada')
    })

    test('the page is still there', async () => {
      const response = await fetch(url)
      if (host === 'node:http') assert.equal(response.status, 404)
      else assert.equal(await response.text(), 'the page')
    })
  })
}

test('each sample that is a server was run', () => {
  const servers = [...samples].filter(([, code]) => code.includes('createHandler'))
  assert.deepEqual(servers.map(([host]) => host), ['node:http', 'Express', 'Fastify', 'Koa', 'Hono', 'Fetch'])
})
