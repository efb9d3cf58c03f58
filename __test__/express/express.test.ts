/** The Express example as a visitor uses it, with the middleware in either place. */

import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'

import type { Browser, Page } from 'playwright-core'

import { launch } from '../support/chromium.ts'
import { type App, build, FOLDER, type Mount, startApp } from './app.ts'

const SCREENSHOTS = fileURLToPath(new URL('../screenshots', import.meta.url))

let browser: Browser

before(async () => {
  build()
  mkdirSync(SCREENSHOTS, { recursive: true })
  browser = await launch()
})
after(() => browser?.close())

test('Errand is added to the app in at most 15 lines', (t) => {
  const files = ['server.js', 'client/vite.config.js'].map((name) => readFileSync(join(FOLDER, name), 'utf8'))
  const mentions = files.join('\n').split('\n').filter((line) => /errand/i.test(line))
  const marked = mentions.filter((line) => line.includes('// + errand'))
  t.diagnostic(`${marked.length} lines`)
  assert.ok(marked.length > 0 && marked.length <= 15)
  // The other place for the middleware is there for this test only.
  assert.deepEqual(
    mentions.filter((line) => !marked.includes(line)).map((line) => line.trim()),
    ["if (MOUNT === 'after') app.use(errand.node)"],
  )
})

test('nothing of the server is in what the browser gets', () => {
  const assets = join(FOLDER, 'client', 'dist', 'assets')
  const scripts = readdirSync(assets).filter((name) => name.endsWith('.js'))
  const text = scripts.map((name) => readFileSync(join(assets, name), 'utf8')).join('\n')
  assert.ok(scripts.length > 0)
  for (const secret of ['guestbook.js', 'session.js', 'timers/promises', 'perAuthor.set', 'not-yours']) {
    assert.ok(!text.includes(secret), secret)
  }
})

for (const mount of ['before', 'after'] as Mount[]) {
  describe(`handler.node ${mount} the body parsers`, () => {
    let app: App
    let page: Page
    const problems: string[] = []

    before(async () => {
      app = await startApp(mount)
      page = await browser.newPage({ viewport: { width: 900, height: 900 } })
      page.on('pageerror', (error) => problems.push(String(error)))
      await page.goto(app.url)
      await page.getByText('The engine might compose').waitFor()
    })
    after(async () => {
      await page?.close()
      await app?.stop()
    })

    const messageOf = (author: string) => page.locator('.messages li', { hasText: author })

    test('a click calls an action', async () => {
      const like = messageOf('Ada').getByRole('button', { name: 'Like' })
      assert.equal(await like.textContent(), '♥ 0')
      await like.click()
      await messageOf('Ada').getByText('♥ 1').waitFor()
      await like.click()
      await messageOf('Ada').getByText('♥ 2').waitFor()
    })

    test('an error that an action throws on purpose is shown', async () => {
      await page.getByLabel('Message', { exact: true }).fill('Nobody wrote this')
      await page.getByRole('button', { name: 'Sign', exact: true }).click()
      await page.getByRole('alert').getByText('Please say who you are first.').waitFor()
      await page.screenshot({ path: join(SCREENSHOTS, `express-${mount}-error.png`) })
    })

    test('the REST routes of the app still work', async () => {
      await page.getByLabel('Your name').fill('Margaret')
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByText('Signed in as Margaret').waitFor()
    })

    test('a form is pending while its action runs, and gets its state', async () => {
      await page.getByLabel('Message', { exact: true }).fill('There was no second chance.')
      await page.getByRole('button', { name: 'Sign', exact: true }).click()
      const pending = page.getByRole('button', { name: 'Signing…' })
      await pending.waitFor()
      assert.ok(await pending.isDisabled())
      await page.screenshot({ path: join(SCREENSHOTS, `express-${mount}-pending.png`) })
      await messageOf('Margaret').getByText('There was no second chance.').waitFor()
      await page.getByText(/^Signed at \d/).waitFor() // a Date in the state
      assert.equal(await page.getByRole('alert').count(), 0)
    })

    test('a form that the action does not accept says so', async () => {
      await page.getByLabel('Message', { exact: true }).fill('  ')
      await page.getByRole('button', { name: 'Sign', exact: true }).click()
      await page.getByText('Write something first.').waitFor()
    })

    test('a Date and a Map come back as such', async () => {
      await page.getByRole('button', { name: 'Statistics' }).click()
      const at = await page.locator('time').getAttribute('datetime')
      const age = Date.now() - Date.parse(at ?? '')
      assert.ok(age >= 0 && age < 60_000, String(at))
      const [, ...counts] = await page.locator('dl div').allTextContents()
      assert.deepEqual(counts.sort(), ['Ada1', 'Grace1', 'Margaret1'])
      await page.screenshot({ path: join(SCREENSHOTS, `express-${mount}-statistics.png`) })
    })

    test('what belongs to somebody else can not be removed, what is ours can', async () => {
      await messageOf('Grace').getByRole('button', { name: 'Remove' }).click()
      await page.getByRole('alert').getByText('Only Grace can remove that.').waitFor()
      await messageOf('Margaret').getByRole('button', { name: 'Remove' }).click()
      await messageOf('Margaret').waitFor({ state: 'detached' })
    })

    test('no script failed on the way', () => assert.deepEqual(problems, []))
  })
}
