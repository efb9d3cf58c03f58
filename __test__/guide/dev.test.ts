/** The demo under `vite`: what is edited is what runs. */

import assert from 'node:assert/strict'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import type { Browser, Page } from 'playwright-core'

import { launch } from '../support/chromium.ts'
import { type Demo, startDev } from './demo.ts'

let dev: Demo
let browser: Browser
let page: Page

before(async () => {
  dev = await startDev()
  browser = await launch()
  page = await browser.newPage()
  page.setDefaultTimeout(20_000)
  // Vite finds the dependencies of the browser on the first visit, and loads the page once more.
  await page.goto(dev.url, { waitUntil: 'networkidle' })
})

after(async () => {
  await browser?.close()
  await dev?.stop()
})

function edit(file: string, from: string, to: string): void {
  const path = join(dev.folder, file)
  const text = readFileSync(path, 'utf8')
  assert.ok(text.includes(from), `${file} has '${from}'`)
  writeFileSync(path, text.replace(from, to))
}

const open = (path: string): Promise<unknown> => page.goto(dev.url + path, { waitUntil: 'networkidle' })

/** Calls until the answer is as expected: the file's watcher needs a moment. */
async function eventually(look: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 20_000
  while (!(await look())) assert.ok(Date.now() < end, 'it never came')
}

test('an edited action answers with its new code, and the page keeps its state [D17]', async () => {
  await open('/guide/event-handlers')
  await page.evaluate('window.mark = true')
  const like = page.locator('.try button')
  await like.click()
  await page.locator('.try').getByText('Total Likes: 1').waitFor()
  edit('app/actions.ts', 'return addLike()', 'return addLike() + 1000')
  await eventually(async () => {
    await like.click()
    await page.waitForLoadState('networkidle')
    return /Total Likes: 10\d\d/.test(await page.locator('.try').innerText())
  })
  assert.equal(await page.evaluate('window.mark'), true, 'the page was not loaded anew')
})

test('an edited inline action answers with its new code', async () => {
  await open('/')
  edit('app/page.tsx', "'A quick note'", "'An edited note'")
  await eventually(async () => {
    await page.getByRole('button', { name: 'Jot down a note' }).click()
    await page.waitForLoadState('networkidle')
    return (await page.locator('.card').first().innerText()).includes('An edited note')
  })
})

test('an edited page is shown without loading anew', async () => {
  await open('/guide')
  await page.evaluate('window.mark = true')
  edit('app/guide/page.tsx', 'How to update data', 'How data is updated')
  await page.getByRole('heading', { name: 'How data is updated' }).waitFor()
  assert.equal(await page.evaluate('window.mark'), true)
})

test('a new file of actions can be called at once, and not any more when it is gone', async () => {
  writeFileSync(join(dev.folder, 'app/greet.ts'), "'use server'\n\nexport async function greet(name: string) {\n  return `hello ${name}`\n}\n")
  writeFileSync(
    join(dev.folder, 'app/greeter.tsx'),
    "'use client'\nimport { useState } from 'react'\nimport { greet } from './greet'\n\n" +
      'export function Greeter() {\n  const [text, setText] = useState(\'\')\n' +
      "  return <button onClick={async () => setText(await greet('you'))}>Greet {text}</button>\n}\n",
  )
  edit('app/guide/event-handlers/page.tsx', '<LikeButton', '<Greeter /><LikeButton')
  edit('app/guide/event-handlers/page.tsx', 'import LikeButton', "import { Greeter } from '@/app/greeter'\nimport LikeButton")
  await open('/guide/event-handlers')
  const id = new Promise<string>((resolve) =>
    page.on('request', (request) => request.headers()['errand-action'] && resolve(request.headers()['errand-action']!)),
  )
  await page.getByRole('button', { name: 'Greet' }).click()
  await page.getByText('Greet hello you').waitFor()

  rmSync(join(dev.folder, 'app/greet.ts'))
  const called = { method: 'POST', headers: { 'errand-action': await id, 'content-type': 'text/plain' }, body: '["you"]' }
  await eventually(async () => (await fetch(`${dev.url}/guide`, called)).status === 404)
})

test('a mistake in an action is reported with its place [D16]', async () => {
  edit('app/lib/actions.ts', 'export async function deletePost', 'export function deletePost')
  await eventually(async () => {
    await fetch(`${dev.url}/guide/revalidating`).catch(() => {})
    return /errand::[a-z-]+/.test(dev.log()) && dev.log().includes('app/lib/actions.ts')
  })
})
