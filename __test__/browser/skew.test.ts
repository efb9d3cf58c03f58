/** Pages that are older than the server they call: two real builds of an app, one after the other at the same address. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'

import { createHandler, type Handler } from 'errand/server'
import errand from 'errand/vite'
import type { Browser, Page } from 'playwright-core'
import sirv from 'sirv'
import { build } from 'vite'

import { build as buildApp, copyOf, REPOSITORY, serveApp, type Served } from '../support/app.ts'
import { launch } from '../support/chromium.ts'
import { freePort } from '../support/ports.ts'
import { tempFolder } from '../support/temp.ts'

let browser: Browser
before(async () => (browser = await launch()))
after(() => browser?.close())

const CSP = "default-src 'none'; script-src 'self'; connect-src 'self'; require-trusted-types-for 'script'"

describe('a single-page app', () => {
  const HTML = '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><p id="build"></p><p id="out"></p><script type="module" src="/main.js"></script>'
  const main = (name: string, actions: string[]): string => `
import { configure } from 'errand/client'
import * as actions from './actions.js'

configure({ onUnknownAction: new URLSearchParams(location.search).get('policy') ?? 'throw' })
document.querySelector('#build').textContent = '${name}'
window.call = async (name) => {
  const text = await actions[name]().catch((error) => error.name + ' ' + error.code)
  document.querySelector('#out').textContent = text
}
window.names = ${JSON.stringify(actions)}
`
  interface Build {
    handler: Handler
    files: ReturnType<typeof sirv>
  }
  const source = tempFolder('skew')
  const builds: Record<string, Build> = {}
  /** What is deployed: the files, and the server. */
  let files = 'one'
  let actions = 'one'
  let server: Server
  let url: string

  before(async () => {
    for (const [name, text] of [
      ['one', "'use server'\nexport async function keep() { return 'kept by one' }\nexport async function gone() { return 'still here' }\n"],
      ['two', "'use server'\nexport async function keep() { return 'kept by two' }\n"],
    ] as const) {
      const root = join(source.path, name)
      mkdirSync(root, { recursive: true })
      writeFileSync(join(root, 'package.json'), '{"type":"module"}')
      writeFileSync(join(root, 'index.html'), HTML)
      writeFileSync(join(root, 'actions.js'), text)
      writeFileSync(join(root, 'main.js'), main(name, name === 'one' ? ['keep', 'gone'] : ['keep']))
      const resolve = { alias: { 'errand/client': join(REPOSITORY, 'dist/client/index.js') } }
      await build({ root, configFile: false, logLevel: 'silent', plugins: [errand()], resolve, build: { outDir: 'dist' } })
      builds[name] = { handler: createHandler({ actions: join(root, 'errand.json') }), files: sirv(join(root, 'dist')) }
    }
    server = createServer((req, res) => {
      void builds[actions]!.handler.node(req, res, () => {
        res.setHeader('content-security-policy', CSP)
        builds[files]!.files(req, res, () => void res.writeHead(404).end())
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(() => {
    server?.closeAllConnections()
    server?.close()
    source.remove()
  })

  /** A page of build one, while build two is deployed. */
  const old = async (query: string, act: (page: Page, call: (name: string) => Promise<void>) => Promise<void>): Promise<void> => {
    files = actions = 'one'
    const page = await browser.newPage()
    try {
      await page.goto(url + query)
      await page.waitForFunction('window.names')
      files = actions = 'two'
      await act(page, (name) => page.evaluate(`void window.call(${JSON.stringify(name)})`))
    } finally {
      await page.close()
    }
  }
  const out = (page: Page, text: string): Promise<void> => page.locator('#out', { hasText: text }).waitFor()

  test('each answer names its build, by what is in it', async () => {
    const names = await Promise.all(
      ['one', 'two'].map(async (name) => {
        const { handler } = builds[name]!
        const answer = await handler.fetch(new Request(url, { method: 'POST', headers: { 'errand-action': 'x', origin: url, host: new URL(url).host, 'content-type': 'text/plain' }, body: '[]' }))
        return answer!.headers.get('errand-build')
      }),
    )
    assert.match(names[0]!, /^[0-9a-f]{16}$/)
    assert.notEqual(names[0], names[1])
  })

  test('what is still there answers with the new code', () =>
    old('', async (page, call) => {
      await call('keep')
      await out(page, 'kept by two')
    }))

  test('what is gone is an error that says so', () =>
    old('', async (page, call) => {
      const [response] = await Promise.all([page.waitForResponse((it) => it.request().method() === 'POST'), call('gone')])
      assert.equal(response.status(), 404)
      assert.equal(response.headers()['errand-unknown-action'], '1')
      assert.match(response.headers()['errand-build']!, /^[0-9a-f]{16}$/)
      await out(page, 'UnknownActionError errand::unknown-action')
    }))

  test('with the policy `reload` the page becomes the new one', () =>
    old('?policy=reload', async (page, call) => {
      await call('gone')
      await page.locator('#build', { hasText: 'two' }).waitFor()
    }))

  test('it is reloaded once: where that does not help, the call fails', () =>
    old('?policy=reload', async (page, call) => {
      files = 'one' // an old copy of the page, somewhere on the way
      let loads = 0
      page.on('load', () => (loads += 1))
      await Promise.all([page.waitForEvent('load'), call('gone')])
      await page.waitForFunction('window.names')
      await page.evaluate(`void window.call('gone')`)
      await out(page, 'UnknownActionError')
      assert.equal(loads, 1)
    }))
})

describe('an app with Server Components', () => {
  const OLD = 'the secret of the first build'
  const NEW = 'the secret of the second build'
  const page = (name: string, hasGone: boolean): string => `
import { Buttons } from './buttons.tsx'
import { keep${hasGone ? ', gone' : ''} } from './actions.ts'

export default function Page() {
  const captured = 'captured by ${name}'
  async function reveal() {
    'use server'
    return '${name} opened: ' + captured
  }
  return <Buttons reveal={reveal} keep={keep} ${hasGone ? 'gone={gone}' : ''} />
}
`
  const BUTTONS = `'use client'

import { useState } from 'react'

export function Buttons(actions: Record<string, () => Promise<string>>) {
  const [text, setText] = useState('ready')
  const call = (name: string) => () => actions[name]!().then(setText, (error) => setText(error.name + ' ' + error.code + ' ' + error.message))
  return <>{Object.keys(actions).map((name) => <button key={name} onClick={call(name)}>{name}</button>)}<output>{text}</output></>
}
`
  const actionsOf = (name: string, hasGone: boolean): string => `'use server'
export async function keep() { return 'kept by ${name}' }
${hasGone ? "export async function gone() { return 'still here' }" : ''}
`
  const copies: Record<string, { folder: string; remove(): void }> = {}
  let served: Served | undefined
  let port = 0

  before(async () => {
    port = await freePort()
    for (const name of ['one', 'two']) {
      const copy = (copies[name] = copyOf(join(REPOSITORY, '__test__/checklist'), `skew-${name}`, ['vite.config.ts', 'app/layout.tsx']))
      writeFileSync(join(copy.folder, 'app/page.tsx'), page(name, name === 'one'))
      writeFileSync(join(copy.folder, 'app/buttons.tsx'), BUTTONS)
      writeFileSync(join(copy.folder, 'app/actions.ts'), actionsOf(name, name === 'one'))
      await buildApp(copy.folder)
    }
  })
  after(async () => {
    await served?.stop()
    for (const copy of Object.values(copies)) copy.remove()
  })

  const deploy = async (name: string, secret: string): Promise<void> => {
    await served?.stop()
    served = await serveApp(copies[name]!.folder, { ERRAND_SECRET: secret, PORT: String(port) })
  }
  const open = async (): Promise<Page> => {
    const opened = await browser.newPage()
    await opened.goto(served!.url)
    await opened.waitForFunction(`Object.keys(document.querySelector('button') ?? {}).some((key) => key.startsWith('__react'))`)
    return opened
  }
  const says = async (opened: Page, button: string, text: string): Promise<void> => {
    await opened.getByRole('button', { name: button, exact: true }).click()
    await opened.locator('output', { hasText: text }).waitFor()
  }

  test('values that the build before has sealed open as long as its secret is in the ring', async () => {
    await deploy('one', OLD)
    const pages = [await open(), await open()]
    await says(pages[0]!, 'reveal', 'one opened: captured by one')
    await deploy('two', `${NEW},${OLD}`)
    await says(pages[0]!, 'reveal', 'two opened: captured by one')
    await says(pages[0]!, 'keep', 'kept by two')
    await says(pages[0]!, 'gone', 'UnknownActionError errand::unknown-action')
    await deploy('two', NEW)
    await says(pages[1]!, 'reveal', 'CallError errand::seal-broken')
    await says(await open(), 'reveal', 'two opened: captured by two')
  })
})
