/**
 * Behaviours that users of Next.js know, in a real browser: an app with Server Components, built and served. The numbers
 * in brackets are those of the list of observable behaviours.
 */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { after, before, describe, test } from 'node:test'

import type { Browser, Page, Response } from 'playwright-core'

import { build, copyOf, serveApp, type Served } from '../support/app.ts'
import { launch } from '../support/chromium.ts'

let app: Served
let copy: { folder: string; remove(): void }
let browser: Browser

before(async () => {
  copy = copyOf(fileURLToPath(new URL('.', import.meta.url)), 'checklist', ['app', 'vite.config.ts'])
  await build(copy.folder)
  app = await serveApp(copy.folder)
  browser = await launch()
})

after(async () => {
  await browser?.close()
  await app?.stop()
  copy?.remove()
})

/** React has made everything here its own that can be clicked: parts of a page are hydrated one after the other. */
const HYDRATED = `[...document.querySelectorAll('nav a, button')].every((it) => Object.keys(it).some((key) => key.startsWith('__react')))
  && document.querySelector('nav a') !== null`

/** Opens `path` in a window of its own. */
async function visit(path: string, act: (page: Page) => Promise<void>, javaScriptEnabled = true): Promise<void> {
  const context = await browser.newContext({ javaScriptEnabled })
  const page = await context.newPage()
  page.setDefaultTimeout(8_000)
  try {
    await page.goto(app.url + path)
    if (javaScriptEnabled) {
      await page.waitForFunction(HYDRATED)
      await page.evaluate('window.mark = true')
    }
    await act(page)
  } finally {
    await context.close()
  }
}

/** With JavaScript and without. */
function both(name: string, path: string, act: (page: Page, hasScript: boolean) => Promise<void>): void {
  test(`${name}, with JavaScript`, () => visit(path, (page) => act(page, true)))
  test(`${name}, without JavaScript`, () => visit(path, (page) => act(page, false), false))
}

const click = (page: Page, name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click()
const shows = (page: Page, selector: string, text: string | RegExp): Promise<void> =>
  page.locator(selector, { hasText: text }).first().waitFor()
const isSameDocument = (page: Page): Promise<boolean> => page.evaluate('window.mark === true')
const depth = (page: Page): Promise<number> => page.evaluate('history.length')
const textOf = async (page: Page, selector: string): Promise<string> => (await page.locator(selector).first().textContent()) ?? ''

/** The requests that `act` makes to this server, without files of the client. */
async function requestsOf(page: Page, act: () => Promise<void>): Promise<string[]> {
  const seen: string[] = []
  page.on('request', (request) => {
    const { pathname } = new URL(request.url())
    if (!pathname.startsWith('/assets/') && !pathname.startsWith('/favicon')) seen.push(`${request.method()} ${pathname}`)
  })
  await act()
  return seen
}

/** The answer to the call that `act` makes. */
async function answerTo(page: Page, act: () => Promise<void>): Promise<Response> {
  const [response] = await Promise.all([page.waitForResponse((it) => it.request().method() === 'POST'), act()])
  return response
}

describe('actions in client components', () => {
  test('as props, by import, default, renamed, with an odd name, as an arrow and wrapped [D2, D3, D5, D7, D8]', () =>
    visit('/counter', async (page) => {
      for (const [name, expected] of [
        ['increment', 1], ['increment', 2], ['double', 4], ['decrement', 3], ['imported', 4], ['renamed', 104],
        ['exotic', 204], ['arrow', 1204], ['wrapped', 11204], ['wrapper runs', 1],
      ] as const) {
        await click(page, name)
        await shows(page, 'output', new RegExp(`^${expected}$`))
      }
    }))

  both('as a form’s action and a button’s formAction; page and action share a module’s state [D4, D6]', '/counter', async (page, hasScript) => {
    const before = Number(await textOf(page, '#count'))
    await click(page, 'bump by action')
    await page.waitForLoadState('networkidle')
    await click(page, 'bump by formAction')
    await page.waitForLoadState('networkidle')
    if (hasScript) {
      await click(page, 'read count')
      await shows(page, 'output', new RegExp(`^${before + 2}$`))
    }
    await page.goto(`${app.url}/counter`)
    assert.equal(Number(await textOf(page, '#count')), before + 2)
  })
})

describe('what is captured and bound', () => {
  test('is in no page and no payload, nor are constants of the module [D20, D21]', async () => {
    for (const accept of ['text/html', 'text/x-component']) {
      const text = await (await fetch(`${app.url}/closures`, { headers: { accept } })).text()
      assert.ok(!/captured-secret|module-secret/.test(text), accept)
    }
  })

  test('arrives exactly, other actions too; results may be elements of client components [D22, D23, D37, D38, D39]', () =>
    visit('/values', async (page) => {
      for (const [name, text] of [
        ['exact', '1970-01-02T00:00:00.000Z true'],
        ['outer', 'inner 7 of 86400000'],
        ['object method', 'of an object'],
        ['static method', 'of a static method 0'],
      ] as const) {
        await click(page, name)
        await shows(page, '#shown', text)
      }
      await page.locator('#badge').click()
      await shows(page, '#badge', 'of a static method 1') // its chunk was loaded
    }))

  both('is prepended in order, bound once or twice; an action passed on is itself [D26, D27, D28]', '/binding', async (page, hasScript) => {
    const seen = async (expected: string): Promise<void> => {
      await page.waitForLoadState('networkidle')
      await visit('/binding', async (other) => {
        await click(other, 'what arrived')
        await shows(other, 'output', expected)
      })
    }
    await click(page, 'bound on the server')
    await seen('[5,6,"c"]')
    await click(page, 'bound in the browser')
    await seen('[7,8,"d"]')
    if (!hasScript) return
    await click(page, 'is it the same')
    await shows(page, 'output', 'true')
  })
})

describe('errors', () => {
  test('reach the caller’s catch with a digest and without their message [D40]', () =>
    visit('/errors', async (page) => {
      await click(page, 'catch')
      await shows(page, 'output', /^caught .* with a digest$/)
      assert.ok(!(await textOf(page, 'output')).includes('for the caller'))
    }))

  both('that nobody catches reach the nearest boundary [D41]', '/errors', async (page) => {
    await click(page, 'error')
    await shows(page, '#boundary', 'boundary:')
    assert.ok(!(await page.content()).includes('hunter2'))
    assert.match(await textOf(page, '#digest'), /\w{8,}/)
  })

  test('of the page that is rendered again do not lose the result', () =>
    visit('/fragile', async (page) => {
      const response = await answerTo(page, () => click(page, 'break the page'))
      assert.equal(response.status(), 200)
      await page.waitForFunction(`document.documentElement.dataset.result === 'the result'`)
      await shows(page, '#boundary', 'boundary:')
    }))

  test('notFound() shows its page in place, with 404 and noindex [D55]', () =>
    visit('/errors', async (page) => {
      const response = await answerTo(page, () => click(page, 'not-found'))
      assert.equal(response.status(), 404)
      await shows(page, '#not-found', 'nothing here')
      assert.equal(await page.locator('meta[name=robots][content=noindex]').count(), 1)
      assert.ok(await isSameDocument(page))
    }))

  test('notFound() without JavaScript is 404 and its page [D55]', () =>
    visit('/errors', async (page) => {
      const response = await answerTo(page, () => click(page, 'not-found'))
      assert.equal(response.status(), 404)
      await shows(page, '#not-found', 'nothing here')
      assert.equal(await page.locator('meta[name=robots][content=noindex]').count(), 1)
    }, false))

  for (const [how, status] of [['forbidden', 403], ['unauthorized', 401]] as const) {
    test(`${how}() is ${status} [D54]`, () =>
      visit('/errors', async (page) => {
        assert.equal((await answerTo(page, () => click(page, how))).status(), status)
      }))
  }

  test('an action that throws after it invalidated has invalidated [D47]', () =>
    visit('/cached', async (page) => {
      const before = Number(await textOf(page, '#count'))
      await click(page, 'fail afterwards')
      await shows(page, '#boundary', 'boundary:')
      await page.goto(`${app.url}/cached`)
      assert.equal(Number(await textOf(page, '#count')), before + 1)
    }))
})

describe('cookies and headers', () => {
  both('a cookie that an action sets is the browser’s, and in the page at once [D57, D64]', '/cookies', async (page, hasScript) => {
    await page.locator('[name=flavour]').fill('rye')
    await click(page, 'set')
    await shows(page, '#flavour', 'rye')
    if (hasScript) assert.ok(await isSameDocument(page))
    assert.deepEqual((await page.context().cookies()).map(({ name, value }) => [name, value]), [['flavour', 'rye']])
  })

  both('cookies set and deleted before a redirect are seen where it leads [D58, D59, D60]', '/cookies', async (page) => {
    await page.context().addCookies([{ name: 'flavour', value: 'stale', url: app.url }])
    await click(page, 'set and leave')
    await page.waitForURL('**/cookies?from=redirect')
    await shows(page, '#flavour', 'redirected')
    await click(page, 'delete and leave')
    await page.waitForURL('**/cookies?from=delete')
    await shows(page, '#flavour', 'none')
    assert.deepEqual(await page.context().cookies(), [])
  })

  test('an action reads the request’s cookies and headers [D56, D62]', () =>
    visit('/cookies', async (page) => {
      await page.context().addCookies([{ name: 'flavour', value: 'plain', url: app.url }])
      await click(page, 'read')
      await shows(page, 'output', '["plain","text/x-component"]')
    }))
})

describe('redirects', () => {
  test('are one request, grow the history by one, and can be gone back from [D67, D71]', () =>
    visit('/redirects', async (page) => {
      const before = await depth(page)
      const requests = await requestsOf(page, async () => {
        await click(page, '/landing')
        await shows(page, 'h1', 'landed')
      })
      assert.deepEqual(requests, ['POST /redirects'])
      assert.equal(await depth(page), before + 1)
      assert.ok(await isSameDocument(page))
      await page.goBack()
      await page.waitForURL('**/redirects')
      await shows(page, 'button', 'refreshed')
    }))

  for (const how of ['replace', 'permanent']) {
    test(`${how}: the history stays as long [D68, D85]`, () =>
      visit('/redirects', async (page) => {
        const before = await depth(page)
        await click(page, `${how} /landing`)
        await shows(page, 'h1', 'landed')
        assert.equal(new URL(page.url()).pathname, '/landing')
        assert.equal(await depth(page), before)
      }))
  }

  test('without JavaScript are 303 with a Location [D69]', () =>
    visit('/redirects', async (page) => {
      const response = await answerTo(page, () => click(page, '/landing'))
      assert.deepEqual([response.status(), response.headers()['location']], [303, '/landing'])
      await shows(page, 'h1', 'landed')
    }, false))

  both('relative ones start at the page, at the root and below [D70]', '/redirects', async (page) => {
    await click(page, './landing')
    await page.waitForURL('**/landing')
    await page.goto(`${app.url}/redirects/deep`)
    await click(page, '../landing')
    await page.waitForURL('**/landing')
    await page.goto(`${app.url}/redirects/deep`)
    await click(page, './other')
    await page.waitForURL('**/redirects/other')
  })

  both('keep search parameters, in any alphabet [D73]', '/redirects', async (page) => {
    await click(page, '/landing?q=caf%C3%A9&word=naïve')
    await shows(page, '#search', '{"q":"café","word":"naïve"}')
  })

  both('to a page that redirects end where that leads [D75]', '/redirects', async (page) => {
    await click(page, '/bounce')
    await page.waitForURL('**/landing')
    await shows(page, 'h1', 'landed')
  })

  test('to the same page reset what was typed into uncontrolled fields of forms, not what is beside [D79]', () =>
    visit('/redirects', async (page) => {
      await click(page, '/redirects')
      await page.waitForLoadState('networkidle')
      assert.equal(new URL(page.url()).pathname, '/redirects')
      assert.ok(await isSameDocument(page))
    }))

  both('show what was changed just before [D80]', '/landing', async (page) => {
    const before = Number(await textOf(page, '#count'))
    await page.goto(`${app.url}/redirects`)
    await click(page, 'refreshed')
    await page.waitForURL('**/landing')
    await shows(page, '#count', new RegExp(`^${before + 1}$`))
  })
})

describe('forms', () => {
  both('hand over their own fields and none of React’s [D83]', '/queue', async (page) => {
    await click(page, 'fields')
    await page.waitForLoadState('networkidle')
    await visit('/queue', async (other) => {
      await click(other, 'which fields')
      await shows(other, 'output', /^secret,visible$/)
    })
  })

  test('an ordinary post to a page without an action logs nothing and breaks nothing [D91]', () =>
    visit('/plain', async (page) => {
      const before = app.log()
      const response = await answerTo(page, () => click(page, 'post'))
      assert.ok(response.status() < 500, String(response.status()))
      assert.equal(app.log(), before)
    }, false))

  test('are sent once after a client navigation, and then are empty [D92, D93]', () =>
    visit('/landing', async (page) => {
      await page.getByRole('link', { name: 'queue' }).click()
      await page.waitForURL('**/queue')
      await page.locator('#text').fill('once')
      await click(page, 'submit')
      await page.waitForFunction(`document.querySelector('#text').value === ''`)
      await click(page, 'how often')
      await shows(page, 'output', /^1$/)
    }))

  test('a call in an effect on mount works [D104]', () =>
    visit('/queue', (page) => shows(page, '#mounted', /^42$/)))
})

describe('calls and navigation', () => {
  test('six quick calls all run, and the transition is pending until the last [D96, D102]', () =>
    visit('/queue', async (page) => {
      await click(page, 'six')
      await shows(page, '#pending', 'pending')
      await shows(page, '#pending', 'idle')
      assert.deepEqual((await textOf(page, '#done')).split(',').sort(), ['1', '2', '3', '4', '5', '6'])
    }))

  test('a slow call blocks neither a link nor going back, and asks for nothing afterwards [D97, D98, D100]', () =>
    visit('/landing', async (page) => {
      await page.getByRole('link', { name: 'queue' }).click()
      await shows(page, '#mounted', /^42$/)
      const requests = await requestsOf(page, async () => {
        await click(page, 'very slow')
        const began = Date.now()
        await page.getByRole('link', { name: 'landing' }).click()
        await shows(page, 'h1', 'landed')
        await page.goBack()
        await shows(page, '#mounted', /^42$/)
        assert.ok(Date.now() - began < 1_400, 'before the call has ended')
        await page.waitForTimeout(1_800)
      })
      // The last one is of the page's own effect.
      assert.deepEqual(requests, ['POST /queue', 'GET /landing', 'GET /queue', 'POST /queue'])
    }))

  test('what a call invalidated is fetched once if the visitor has gone elsewhere meanwhile [D99]', () =>
    visit('/slow', async (page) => {
      const requests = await requestsOf(page, async () => {
        await click(page, 'change')
        await page.getByRole('link', { name: 'landing' }).click()
        await shows(page, 'h1', 'landed')
        await page.waitForTimeout(2_000)
      })
      assert.deepEqual(requests, ['POST /slow', 'GET /landing', 'GET /landing'])
    }))

  test('invalidating the current page changes it in the same answer, and what was typed stays [D103, D107]', () =>
    visit('/slow', async (page) => {
      const before = Number(await textOf(page, '#count'))
      await page.locator('#typed').fill('half a sentence')
      const requests = await requestsOf(page, async () => {
        await click(page, 'change')
        await shows(page, '#count', new RegExp(`^${before + 1}$`))
      })
      assert.deepEqual(requests, ['POST /slow'])
      assert.equal(await page.locator('#typed').inputValue(), 'half a sentence')
    }))

  test('a page with `revalidate` is rendered once for all, as HTML and as Flight [D117]', async () => {
    for (const accept of ['text/html', 'text/x-component']) {
      const get = (): Promise<globalThis.Response> => fetch(`${app.url}/other-cached`, { headers: { accept } })
      await (await get()).text()
      const again = await get()
      assert.notEqual(again.headers.get('age'), null, accept)
      assert.deepEqual([again.headers.get('vary'), again.headers.get('cache-control')], ['accept', 'public, max-age=0, must-revalidate'])
      await again.text()
    }
  })

  both('invalidating another page changes it at the next visit [D95, D109]', '/cached', async (page) => {
    const cached = Number(await textOf(page, '#count'))
    await page.goto(`${app.url}/other-cached`)
    await click(page, 'touch the other')
    await page.waitForLoadState('networkidle')
    await page.getByRole('link', { name: 'cached' }).click()
    await page.waitForURL('**/cached')
    await page.waitForFunction(`Number(document.querySelector('#count').textContent) > ${cached}`)
    const now = Number(await textOf(page, '#count'))
    await click(page, 'touch')
    await page.waitForFunction(`Number(document.querySelector('#count').textContent) === ${now + 1}`)
  })
})

describe('forms and the router', () => {
  test('an action may use packages [D9]', () =>
    visit('/forms', async (page) => {
      await click(page, 'check 1')
      await shows(page, 'output', 'true')
      await click(page, 'check x')
      await shows(page, 'output', 'false')
    }))

  both('a client component’s form sends what was typed to an imported action, and keeps its state at the permalink [D87, D89]', '/forms', async (page, hasScript) => {
    await click(page, 'with state')
    await shows(page, '#state', 'kept after nothing')
    assert.equal(new URL(page.url()).search, hasScript ? '' : '?from=permalink')
    await click(page, 'with state')
    await shows(page, '#state', 'kept after kept after nothing')
    const typed = `typed ${hasScript}`
    await page.locator('#text').fill(typed)
    await click(page, 'imported')
    await page.waitForLoadState('networkidle')
    await page.goto(`${app.url}/forms`)
    await shows(page, '#last', `submitted ${typed}`)
  })

  test('useFormStatus is pending while the action runs [D90]', () =>
    visit('/forms', async (page) => {
      await click(page, 'slow form')
      await shows(page, '#status', 'pending')
      await shows(page, '#status', 'idle')
    }))

  both('a redirect may leave the app, for another document [D72]', '/forms', async (page) => {
    const other = createServer((_req, res) => res.setHeader('content-type', 'text/html').end('<h1>elsewhere</h1>')).listen(0, '127.0.0.1')
    await once(other, 'listening')
    try {
      const { port } = other.address() as AddressInfo
      await page.locator('#to').fill(`http://127.0.0.1:${port}/landing`)
      await click(page, 'leave')
      await shows(page, 'h1', 'elsewhere')
      assert.equal(page.url(), `http://127.0.0.1:${port}/landing`)
    } finally {
      other.closeAllConnections()
      other.close()
    }
  })

  both('a redirect’s page does not see that an action was called [D63]', '/forms', async (page) => {
    await page.locator('#to').fill('/forms?left=1')
    await click(page, 'leave')
    await shows(page, '#search', 'left')
    await shows(page, '#action-header', /^null$/)
  })

  test('the router refreshes after an action and a navigation, and keeps the query [D101, D162]', () =>
    visit('/forms', async (page) => {
      const before = Number(await textOf(page, '#count'))
      await click(page, 'bump and go')
      await shows(page, '#search', '{"after":"bump"}')
      await shows(page, '#count', new RegExp(`^${before + 1}$`))
      await visit('/counter', (other) => click(other, 'bump by action'), false)
      await click(page, 'refresh')
      await shows(page, '#count', new RegExp(`^${before + 2}$`))
      await shows(page, '#search', '{"after":"bump"}')
      assert.equal(new URL(page.url()).search, '?after=bump')
      assert.ok(await isSameDocument(page))
    }))
})

describe('functions with "use cache"', () => {
  both('change when their tag is invalidated, and what they captured stays on the server [D130, D131]', '/remembered', async (page) => {
    assert.ok(!(await page.content()).includes('remembered-secret'))
    const totals = async (): Promise<string[]> => [await textOf(page, '#posts'), await textOf(page, '#users')]
    const before = await totals()
    await page.goto(`${app.url}/remembered`)
    assert.deepEqual(await totals(), before)
    await click(page, 'change posts')
    await page.waitForFunction(`document.querySelector('#posts').textContent !== ${JSON.stringify(before[0])}`)
    const [posts, users] = await totals()
    assert.equal(users, before[1])
    await click(page, 'change users')
    await page.waitForFunction(`document.querySelector('#users').textContent !== ${JSON.stringify(before[1])}`)
    assert.equal(await textOf(page, '#posts'), posts)
  })
})
