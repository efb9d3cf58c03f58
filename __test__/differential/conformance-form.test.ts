/**
 * The list of what React's format has to carry, as far as forms work without JavaScript: React's HTML renderer writes
 * the page, what a browser would post of it goes to a real server. Each test begins with its number in the list.
 *
 * | no test | why |
 * | --- | --- |
 * | 42 and 43 are one | on the server an action that a page receives and one that it imports are the same function |
 * | 46 and 47 are one | as above, with `bind` |
 * | 49 to 52, hydration | React's own; what it needs of the server is the tuple, which is tested here |
 * | 55 | its result is an element |
 */

import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { createElement, useActionState } from 'react'
import { renderToReadableStream } from 'react-dom/server'

import { registerServerReference } from 'errand/runtime/server'

import { type Running, serve, type Sent, wireBody } from '../server/host.ts'
import { BUILDS, manifest, reactClient, reactServer } from './react.ts'

type Fields = [name: string, value: string][]
type Action = (...args: any[]) => any

const h: any = createElement

/** What the actions were called with, forms as their entries. */
let seen: unknown[][] = []
const record = (args: unknown[]): void => void seen.push(args.map((arg) => (arg instanceof FormData ? [...arg] : arg)))

const define = (id: string, fn: Action): any => registerServerReference(fn, id, id)
const save = define('save', async (...args) => record(args))
const other = define('other', async (...args) => void seen.push(['other', ...args.slice(0, -1)]))
const count = define('count', async (state: { n: number }, form: FormData) => (record([state, form]), { n: state.n + Number(form.get('by')) }))
const add = define('add', async (by: number, state: number) => state + by)
const file = define('file', async () => new Blob(['content'], { type: 'x/y' }))

let server: Running
/** What the page was asked to show, and what shows it. */
let shown: { formState: any; status: number; error?: unknown }
let page = (_: unknown): Promise<string> | string => ''

before(async () => {
  server = await serve({
    actions: { save: () => save, other: () => other, count: () => count, add: () => add, file: () => file },
    render: async (_, form) => {
      shown = form
      return new Response(await page(form.formState), { status: form.status, headers: { 'content-type': 'text/html' } })
    },
  })
})
after(() => server.close())
beforeEach(() => {
  seen = []
  page = () => ''
})

/** The HTML of `element`, as the answer to a form with that state if there is one. */
async function html(element: unknown, formState: unknown = null): Promise<string> {
  const stream = await renderToReadableStream(element as any, { formState: formState as any, onError: (error) => { throw error } })
  await stream.allReady
  return new Response(stream).text()
}

const decoded = (text: string): string =>
  text.replace(/&(?:quot|amp|lt|gt|#x27);/g, (it) => ({ '&quot;': '"', '&amp;': '&', '&lt;': '<', '&gt;': '>', '&#x27;': "'" })[it]!)

/** `name="value"` of the attributes in a tag. */
const attributes = (tag: string): Record<string, string> =>
  Object.fromEntries([...tag.matchAll(/\s([\w-]+)="([^"]*)"/g)].map(([, name, value]) => [name!, decoded(value!)]))

/** What a browser posts of the form number `at` in `page` when the button with that text is pressed. */
function posted(page: string, { at = 0, button = '' } = {}): Fields {
  const form = [...page.matchAll(/<form[^>]*>(.*?)<\/form>/gs)][at]![1]!
  const fields: Fields = []
  for (const [, tag, , contents] of form.matchAll(/<(input[^>]*|button([^>]*)>(.*?)<\/button)/gs)) {
    const { name, value = '' } = attributes(tag!.replace(/>.*/s, ''))
    if (tag!.startsWith('input')) {
      if (name) fields.push([name, value])
      continue
    }
    // Hidden fields in a button belong to the form, whichever button is pressed.
    const isPressed = button !== '' && contents!.replace(/<[^>]*>/g, '') === button
    if (name && isPressed) fields.push([name, value])
    for (const [input] of contents!.matchAll(/<input[^>]*>/g)) {
      const { name, value = '' } = attributes(input)
      if (name) fields.push([name, value])
    }
  }
  return fields
}

async function post(fields: Fields, path = '/'): Promise<Sent> {
  const form = new FormData()
  for (const [name, value] of fields) form.append(name, value)
  const { body, contentType } = await wireBody(form)
  const sent = await server.send({ path, headers: { 'content-type': contentType }, body })
  assert.equal(sent.status, 200, sent.text)
  return sent
}

const title = h('input', { name: 'title', defaultValue: 'Hi "you"' })

test('42, 43: an action submits without JavaScript', async () => {
  const page = await html(h('form', { action: save }, title))
  assert.match(page, /<form action="" encType="multipart\/form-data" method="POST">/)
  await post(posted(page))
  assert.deepEqual(seen, [[[['title', 'Hi "you"']]]])
})

test('44: an object bound to the action comes first', async () => {
  const bound = save.bind(null, { complex: 'object', list: ['$1', new Date(5)] }, new Map([['k', 1n]]), undefined)
  await post(posted(await html(h('form', { action: bound }, title))))
  assert.deepEqual(seen, [[{ complex: 'object', list: ['$1', new Date(5)] }, new Map([['k', 1n]]), undefined, [['title', 'Hi "you"']]]])
})

test('45: of several buttons the one that was pressed wins, with what is bound to it', async () => {
  const button = (name: string): unknown => h('button', { formAction: save.bind(null, name), key: name }, name)
  const page = await html(h('form', { action: other }, title, button('one'), button('two'), h('button', { formAction: save, key: 'bare' }, 'bare')))
  await post(posted(page, { button: 'two' }))
  await post(posted(page, { button: 'one' }))
  await post(posted(page, { button: 'bare' }))
  await post(posted(page))
  const fields = [['title', 'Hi "you"']]
  assert.deepEqual(seen, [['two', fields], ['one', fields], [fields], ['other']])
})

test('46, 47: what a component binds while it renders arrives too', async () => {
  const Form = ({ action, id }: { action: Action; id: number }): unknown => h('form', { action: action.bind(null, id) }, title)
  await post(posted(await html(h(Form, { action: save.bind(null, 'first'), id: 7 }))))
  assert.deepEqual(seen, [['first', 7, [['title', 'Hi "you"']]]])
})

interface CounterProps {
  action: Action
  init: unknown
  permalink?: unknown
}

/** A form that shows its state. */
function Counter({ action, init, permalink }: CounterProps): unknown {
  const [state, submit] = useActionState(action as any, init as any, permalink as any)
  return h('form', { action: submit }, h('input', { name: 'by', defaultValue: '2' }), h('p', null, JSON.stringify(state)))
}

const states = (page: string): unknown[] => [...page.matchAll(/<p>(.*?)<\/p>/g)].map(([, text]) => JSON.parse(decoded(text!)))

test('48: useActionState binds its state before the form', async () => {
  await post(posted(await html(h(Counter, { action: count, init: { n: 40 } }))))
  assert.deepEqual(seen, [[{ n: 40 }, [['by', '2']]]])
  assert.deepEqual([shown.formState[0], shown.formState[2], shown.formState[3]], [{ n: 42 }, 'count', 0])
})

test('49: of three forms alike only the one that was submitted gets the state', async () => {
  const three = h('div', null, [0, 1, 2].map((key) => h(Counter, { key, action: count, init: { n: key } })))
  page = (formState) => html(three, formState)
  const first = await html(three)
  assert.deepEqual(states(first), [{ n: 0 }, { n: 1 }, { n: 2 }])
  const second = (await post(posted(first, { at: 1 }))).text
  assert.deepEqual(states(second), [{ n: 0 }, { n: 3 }, { n: 2 }])
  const third = (await post(posted(second, { at: 1 }))).text
  assert.deepEqual(states(third), [{ n: 0 }, { n: 5 }, { n: 2 }], 'the page that came back works like the first')
})

test('50: with as many bound values but others the state is kept, and the next submit has the new ones', async () => {
  const form = (by: number): unknown => h(Counter, { action: add.bind(null, by), init: 1 })
  page = (formState) => html(form(10), formState)
  const second = (await post(posted(await html(form(2))))).text
  assert.deepEqual(states(second), [3])
  assert.deepEqual(states((await post(posted(second))).text), [13])
})

test('51: the state of another action is not reused', async () => {
  page = (formState) => html(h(Counter, { action: add.bind(null, 2), init: 7 }), formState)
  const { text } = await post(posted(await html(h(Counter, { action: count, init: { n: 1 } }))))
  assert.deepEqual(states(text), [7])
})

test('52, 53, 54: a permalink says where the form goes and which state is its own, whatever it is made of', async () => {
  const at = (permalink: unknown): unknown => h('div', null, h(Counter, { action: count, init: { n: 1 }, permalink }))
  const first = await html(at({ toString: () => '/permalink' }))
  assert.match(first, /<form action="\/permalink"/)
  const elsewhere = (permalink: string) => (formState: unknown) => html(h('main', null, h('section', null, at(permalink))), formState)
  page = elsewhere('/permalink')
  assert.deepEqual(states((await post(posted(first), '/permalink')).text), [{ n: 3 }])
  page = elsewhere('/other')
  assert.deepEqual(states((await post(posted(first), '/permalink')).text), [{ n: 1 }])
})

test('56: a Blob as the result reaches the page as it is', async () => {
  await post(posted(await html(h(Counter, { action: file, init: null }))))
  const [blob] = shown.formState
  assert.ok(blob instanceof Blob)
  assert.equal(await blob.text(), 'content')
})

test('57: no action, no form of ours', async () => {
  const { body, contentType } = await wireBody(formWith([['title', 'x'], ['$ACTION_KEY', 'k']]))
  const sent = await server.send({ headers: { 'content-type': contentType }, body })
  assert.deepEqual([sent.status, sent.text], [404, `passed on with ${body.length} bytes`])
})

const reference = (token: string, id: string, bound: string): Fields => [
  [`$ACTION_REF_${token}`, ''],
  [`$ACTION_${token}:0`, `{"id":"${id}","bound":"$@1"}`],
  [`$ACTION_${token}:1`, bound],
]

function formWith(fields: Fields): FormData {
  const form = new FormData()
  for (const [name, value] of fields) form.append(name, value)
  return form
}

test('57: the last key wins, only the user’s fields arrive, in their order', async () => {
  await post([['a', '1'], ['$ACTION_ID_other', ''], ...reference('1', 'save', '["bound"]'), ['b', '2'], ...reference('', 'save', '[{"x":"$Q2"}]'), ['$ACTION_:2', '[[1,"$D1970-01-01T00:00:00.005Z"]]'], ['a', '3'], ['$ACTION_KEY', 'k']])
  assert.deepEqual(seen, [[{ x: new Map([[1, new Date(5)]]) }, [['a', '1'], ['b', '2'], ['a', '3']]]])
})

test('57: the state’s tuple, and none without bound arguments or with another action', async () => {
  await post([['$ACTION_KEY', 'k1'], ['$ACTION_KEY', 'k2'], ...reference('1', 'add', '[2,40]')])
  assert.deepEqual(shown.formState, [42, 'k1', 'add', 1])
  await post([['$ACTION_KEY', 'k1'], ['$ACTION_REF_1', ''], ['$ACTION_1:0', '{"id":"save","bound":null}']])
  assert.equal(shown.formState, null)
  await post([['$ACTION_KEY', 'k1'], ['$ACTION_ID_save', '']])
  assert.equal(shown.formState, null)
  await post([['$ACTION_KEY', 'k1'], ...reference('1', 'add', '[2,40]'), ['$ACTION_ID_save', '']])
  assert.equal(shown.formState, null, 'the state is that of the form, and a button was pressed')
  await post(reference('1', 'add', '[2,40]'))
  assert.equal(shown.formState, null, 'no key, no state')
})

for (const build of BUILDS) {
  test(`57: the same forms say the same to React (${build})`, async () => {
    const { decodeAction, decodeFormState } = reactServer(build)
    for (const fields of [
      [['$ACTION_ID_save', ''], ['t', 'x']],
      [...reference('1', 'save', '[1,{"a":"$D1970-01-01T00:00:00.005Z"}]'), ['t', 'x']],
      [['$ACTION_ID_other', ''], ...reference('p-2', 'save', '["$undefined"]'), ['t', 'x'], ['$ACTION_KEY', 'k']],
    ] as Fields[]) {
      await post(fields)
      const action = await decodeAction!(formWith(fields), manifest)
      const [id, ...args] = (await action()) as unknown[]
      assert.deepEqual([id, args.map((arg) => (arg instanceof FormData ? [...arg] : arg))], ['save', seen.pop()])
      assert.deepEqual(shown.formState, await decodeFormState!(undefined, formWith(fields), manifest))
    }
  })

  test(`90: sent with JavaScript, a form’s own fields arrive and React’s do not (${build})`, async () => {
    const fields = posted(await html(h(Counter, { action: count, init: { n: 1 } })))
    assert.ok(fields.some(([name]) => name.startsWith('$ACTION_')))
    const { body, contentType } = await wireBody(await reactClient(build).encodeReply!([{ n: 5 }, formWith(fields)]))
    const sent = await server.send({ headers: { 'content-type': contentType, 'errand-action': 'count' }, body })
    assert.equal(sent.status, 200)
    assert.deepEqual(seen, [[{ n: 5 }, [['by', '2']]]])
  })
}
