/** Every sample of the documentation in a real browser, with JavaScript and without. */

import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { after, before, describe, test } from 'node:test'

import type { Browser, Page } from 'playwright-core'

import { launch } from '../support/chromium.ts'
import { type Demo, listActions, startDemo } from './demo.ts'

const SHOTS = fileURLToPath(new URL('../screenshots/', import.meta.url))

/** Waits until React has taken over what is shown: before, a button is only HTML. */
async function hydrated(page: Page): Promise<void> {
  await page.waitForFunction(`
    [document.body, ...document.querySelectorAll('button')].every((it) =>
      Object.keys(it).some((key) => key.startsWith('__reactFiber')))`)
}

let demo: Demo
let browser: Browser

before(async () => {
  mkdirSync(SHOTS, { recursive: true })
  demo = await startDemo()
  browser = await launch()
})

after(async () => {
  await browser?.close()
  await demo?.stop()
})

for (const javaScriptEnabled of [true, false]) {
  const suffix = javaScriptEnabled ? 'js' : 'no-js'

  /** Opens `path` in a fresh window. Whatever the page throws fails the test. */
  const visit = async (path: string, act: (page: Page) => Promise<void>): Promise<void> => {
    const context = await browser.newContext({ javaScriptEnabled, viewport: { width: 1000, height: 800 } })
    const page = await context.newPage()
    page.setDefaultTimeout(10_000)
    const thrown: Error[] = []
    page.on('pageerror', (error) => thrown.push(error))
    try {
      await page.goto(demo.url + path)
      if (javaScriptEnabled) await hydrated(page)
      await act(page)
      assert.deepEqual(thrown, [])
    } finally {
      await page.screenshot({ path: `${SHOTS}${path.slice(1).replaceAll('/', '-') || 'home'}-${suffix}.png` })
      await context.close()
    }
  }

  /** Marks the document; a page that was loaded anew has lost it. */
  const mark = (page: Page): Promise<unknown> => (javaScriptEnabled ? page.evaluate('window.mark = true') : Promise.resolve())
  const isSameDocument = (page: Page): Promise<boolean> => page.evaluate('window.mark === true')
  const newest = (page: Page, title: string): Promise<void> => page.locator('.note', { hasText: title }).waitFor()
  const titles = (page: Page): Promise<string[]> => page.locator('.card h3').allTextContents()

  describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
    test('an empty function in a file of server functions can be called', () =>
      visit('/guide/server-functions', async (page) => {
        await page.getByRole('button', { name: 'Call the empty function' }).click()
        await page.waitForLoadState('networkidle')
        assert.equal(new URL(page.url()).pathname, '/guide/server-functions')
        assert.equal(await page.getByRole('heading', { level: 1 }).textContent(), 'Creating Server Functions')
      }))

    test('a function inside of the first page creates a post and the list shows it [D3, D86]', () =>
      visit('/', async (page) => {
        await mark(page)
        await page.getByRole('button', { name: 'Jot down a note' }).click()
        await page.locator('.card').first().getByText('A quick note').waitFor()
        if (javaScriptEnabled) assert.ok(await isSameDocument(page))
      }))

    test('a function inside of a server component creates a post', () =>
      visit('/guide/server-components', async (page) => {
        await page.getByRole('button', { name: 'Create a post' }).click()
        await newest(page, 'From inside a page')
      }))

    test('the sample that returns nothing renders a page with nothing in it', () =>
      visit('/guide/server-components/as-written', async (page) => {
        assert.equal(await page.locator('main').innerText(), '')
      }))

    test('a client component gives an imported function to formAction [D4, D5]', () =>
      visit('/guide/client-components', async (page) => {
        const title = `By formAction, ${suffix}`
        await page.getByLabel('Title').fill(title)
        await page.getByRole('button', { name: 'Create', exact: true }).click()
        await newest(page, title)
      }))

    test('an empty function for client components can be called', () =>
      visit('/guide/client-components', async (page) => {
        await page.getByRole('button', { name: 'Call the empty function' }).click()
        await page.waitForLoadState('networkidle')
        assert.equal(await page.getByRole('heading', { level: 1 }).textContent(), 'From Client Components')
      }))

    test('a form hands its fields to its function', () =>
      visit('/guide/forms', async (page) => {
        const title = `By a form, ${suffix}`
        await page.locator('.try [name=title]').fill(title)
        await page.locator('.try [name=content]').fill('Its <b>content</b> & more')
        await page.getByRole('button', { name: 'Create' }).click()
        await newest(page, title)
        // A form whose function has run is empty again.
        assert.equal(await page.locator('.try [name=title]').inputValue(), '')
        await page.getByRole('link', { name: title }).click()
        await page.getByText('Its <b>content</b> & more').waitFor()
      }))

    if (javaScriptEnabled) {
      test('an event handler awaits the result of a function [D2, D5]', () =>
        visit('/guide/event-handlers', async (page) => {
          const likes = async (): Promise<number> => Number(/\d+/.exec(await page.getByText('Total Likes:').last().innerText())?.[0])
          const before = await likes()
          await page.getByRole('button', { name: 'Like' }).click()
          await page.getByText(`Total Likes: ${before + 1}`).waitFor()
          await page.getByRole('button', { name: 'Like' }).click()
          await page.getByText(`Total Likes: ${before + 2}`).waitFor()
        }))

      test('useActionState shows a spinner while the function runs [D88]', () =>
        visit('/guide/pending', async (page) => {
          const button = page.locator('.try button')
          assert.equal(await button.innerText(), 'Create Post')
          await button.click()
          await page.locator('.try').getByRole('status').waitFor()
          await page.screenshot({ path: `${SHOTS}guide-pending-while-it-runs.png` })
          await page.locator('.try').getByRole('status').waitFor({ state: 'detached' })
          await page.locator('.try').getByText('Create Post').waitFor()
          await newest(page, 'A draft without a form')
        }))
    } else {
      test('a button with an event handler is shown, and does nothing', () =>
        visit('/guide/pending', async (page) => {
          await page.locator('.try button').click()
          assert.equal(await page.locator('.try button').innerText(), 'Create Post')
        }))
    }

    test('revalidatePath makes a cached page show what has changed [D107, D119]', () =>
      visit('/posts', async (page) => {
        const renderedAt = (): Promise<string | null> => page.locator('.note time').textContent()
        const first = await renderedAt()
        await page.reload()
        assert.equal(await renderedAt(), first, 'the page came from the cache')

        await page.goto(`${demo.url}/guide/revalidating`)
        if (javaScriptEnabled) await hydrated(page)
        const button = page.locator('.try button')
        const label = await button.innerText()
        await button.click()
        await page.locator('.try button', { hasNotText: label.slice('Delete “'.length, -1) }).waitFor()
        await page.getByRole('link', { name: 'All posts' }).last().click()
        await page.getByRole('heading', { name: 'All posts' }).waitFor()
        assert.notEqual(await renderedAt(), first, 'the page was rendered again')
      }))

    test('redirect leaves for the page that shows the new post [D67, D86]', () =>
      visit('/guide/redirecting', async (page) => {
        const title = `Redirected, ${suffix}`
        await mark(page)
        await page.locator('.try [name=title]').fill(title)
        await page.getByRole('button', { name: 'Create, then show all posts' }).click()
        await page.waitForURL('**/posts')
        await page.locator('.card').first().getByText(title).waitFor()
        if (!javaScriptEnabled) return
        assert.ok(await isSameDocument(page), 'the target came in the same answer')
        await page.goBack()
        await page.getByRole('heading', { name: 'Redirecting' }).waitFor()
      }))

    test('a post is written, read and deleted by a function that captured its id [D22]', () =>
      visit('/posts/new', async (page) => {
        const title = `Short-lived, ${suffix}`
        await page.getByLabel('Title').fill(title)
        await page.getByLabel('Text').fill('First paragraph.\n\nSecond paragraph.')
        await page.getByRole('button', { name: 'Publish' }).click()
        await page.waitForURL('**/posts')
        await page.getByRole('link', { name: title }).click()
        await page.getByRole('heading', { level: 1, name: title }).waitFor()
        await page.getByText('Second paragraph.').waitFor()
        assert.equal(await page.title(), title)
        await page.goBack()
        const card = page.locator('.card', { hasText: title })
        await card.waitFor()
        const before = await page.locator('.card').count()
        await card.getByRole('button', { name: 'Delete' }).click()
        await card.waitFor({ state: 'detached' })
        assert.equal(await page.locator('.card').count(), before - 1)
        assert.ok(!(await titles(page)).includes(title))
      }))

    test('a post can be deleted on its own page, which then leads back', () =>
      visit('/posts/new', async (page) => {
        const title = `Deleted at home, ${suffix}`
        await page.getByLabel('Title').fill(title)
        await page.getByRole('button', { name: 'Publish' }).click()
        await page.waitForURL('**/posts')
        await page.getByRole('link', { name: title }).click()
        await page.waitForURL(/\/posts\/\d+$/)
        const url = page.url()
        await page.getByRole('button', { name: 'Delete this post' }).click()
        await page.waitForURL('**/posts')
        await page.getByRole('heading', { name: 'All posts' }).waitFor()
        assert.ok(!(await titles(page)).includes(title))
        const gone = await page.goto(url)
        assert.equal(gone?.status(), 404)
        await page.getByRole('heading', { name: 'This post is gone' }).waitFor()
      }))

    test('the state of useActionState is carried from post to post', () =>
      visit('/guide/form-state', async (page) => {
        await page.getByLabel('Title').fill('Letters that wait')
        await page.getByRole('button', { name: 'Is it free?' }).click()
        await page.getByText(/Tries: 1/).waitFor()
        await page.getByLabel('Title').fill('Unheard of')
        await page.getByRole('button', { name: 'Is it free?' }).click()
        await page.getByText('“Unheard of” is free. Tries: 2.').waitFor()
        assert.equal(await page.getByLabel('Title').inputValue(), 'Unheard of')
      }))

    test('a function that throws shows the error page, without the reason [D41]', () =>
      visit('/guide/errors', async (page) => {
        await page.getByRole('button', { name: 'Call a function that throws' }).click()
        await page.getByRole('heading', { name: 'Something went wrong' }).waitFor()
        const digest = /Digest (\S+)/.exec((await page.locator('.code').textContent()) ?? '')?.[1]
        assert.ok(digest)
        assert.ok(!(await page.content()).includes('which only the server may know'))
        assert.ok(demo.log().includes(digest), 'the log knows the digest')
        if (!javaScriptEnabled) return
        await page.getByRole('button', { name: 'Try again' }).click()
        await page.getByRole('button', { name: 'Call a function that throws' }).waitFor()
      }))

    test('a page that throws shows the error page, without the reason', () =>
      visit('/guide/errors', async (page) => {
        await page.getByRole('link', { name: 'Open a page that throws' }).click()
        await page.getByRole('heading', { name: 'Something went wrong' }).waitFor()
        assert.ok(!(await page.content()).includes('which only the server may know'))
        const response = await page.goto(`${demo.url}/guide/errors/broken`)
        assert.equal(response?.status(), 500)
      }))

    test('an address without a page shows the not-found page [D55]', () =>
      visit('/guide/errors', async (page) => {
        await page.getByRole('link', { name: 'Open a page that is not there' }).click()
        await page.getByRole('heading', { name: 'There is no such page' }).waitFor()
        assert.equal(await page.title(), 'Not found')
        assert.equal((await page.goto(`${demo.url}/nowhere`))?.status(), 404)
      }))

    test('every sample is linked in the guide', () =>
      visit('/guide', async (page) => {
        const links = (await page.evaluate("[...document.querySelectorAll('.steps a')].map((it) => it.href)")) as string[]
        assert.equal(links.length, 10)
        for (const link of links) assert.equal((await page.goto(link))?.status(), 200, link)
      }))
  })
}

test('the browser gets no source of the server [D19]', async () => {
  const page = await browser.newPage()
  const scripts: string[] = []
  page.on('response', async (response) => {
    if (response.url().endsWith('.js')) scripts.push(await response.text())
  })
  for (const path of ['/', '/posts', '/guide/forms', '/guide/pending']) await page.goto(demo.url + path, { waitUntil: 'networkidle' })
  await page.close()
  assert.ok(scripts.length > 3)
  for (const secret of ['INSERT INTO', 'libsql', 'as a slow service', 'use server']) {
    assert.ok(!scripts.some((script) => script.includes(secret)), secret)
  }
})

test('a value that a function captured is sealed in the page, and only its own function opens it [D20]', async () => {
  const html = await (await fetch(`${demo.url}/posts`)).text()
  const form = html.match(/<form[^>]*><input[^>]*name="\$ACTION_REF_[^]*?<\/form>/)?.[0] ?? ''
  const fields = [...form.matchAll(/name="(\$ACTION_[^"]+)"(?: value="([^"]*)")?/g)].map(([, name, value = '']) => [
    name!,
    value.replaceAll('&quot;', '"'),
  ])
  const sealed = fields.find(([name]) => name!.endsWith(':1'))?.[1] ?? ''
  assert.match(sealed, /^\["[\w-]{40,}"\]$/)

  const post = async (change: (value: string) => string): Promise<number> => {
    const body = new FormData()
    for (const [name, value] of fields) body.set(name!, value === sealed ? change(value) : value!)
    return (await fetch(`${demo.url}/posts`, { method: 'POST', body, headers: { origin: demo.url } })).status
  }
  const count = async (): Promise<number> => (await (await fetch(`${demo.url}/posts`)).text()).split('class="card"').length
  const before = await count()
  const forged = [
    (value: string): string => value.replace(/.(?="\])/, (char) => (char === 'A' ? 'B' : 'A')),
    (): string => '["3"]',
    (): string => '[3]',
    (): string => '[]',
  ]
  for (const change of forged) {
    const status = await post(change)
    assert.ok(status >= 400 && status < 500, `${change('["…A"]')} is answered ${status}`)
  }
  assert.equal(await count(), before, 'nothing was deleted')
  assert.equal(await post((value) => value), 200)
  assert.equal(await count(), before - 1)
})

test('`errand actions` lists every endpoint', async () => {
  const list = await listActions(demo.folder)
  assert.match(list, /createPost\s+app\/lib\/actions\.ts:\d+\s+module/)
  assert.match(list, /remove\s+app\/posts\/page\.tsx:\d+\s+inline\s+\d\s+id/)
})
