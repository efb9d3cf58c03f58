/**
 * The list of what React's format has to carry, as far as it takes a server to see it: React's client calls an action
 * over a socket. Then what the list's author found out about the format, beyond React's own tests. Each test begins
 * with its number in the list.
 *
 * | elsewhere | where |
 * | --- | --- |
 * | 84: Q1 to Q6, Q9, Q12 | `live.test.ts`; all twelve on hand-written bodies in `crates/wire/tests/checks.rs` |
 * | 85 | `__test__/versions`, with the clients themselves |
 * | 86 | the boundaries of our own limits in `crates/wire/tests/limits.rs` and `checks.rs` |
 * | 87 | `crates/wire/tests/threats.rs`, by the numbers of the threats |
 *
 * | ours differs | how |
 * | --- | --- |
 * | 19 | what comes back is a copy with what the action did to it; React sends back what was sent, as it was |
 * | 86 | React counts characters and bytes in lists, to guard code that flattens them; we count values and references |
 */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createElement } from 'react'

import { decodeReply } from 'errand'

import { type Running, serve, type Sent, wireBody } from '../server/host.ts'
import { formOf, type Part, partsOf } from './parts.ts'
import { BUILDS, manifest, reactClient, reactServer } from './react.ts'

const isSame = async (first: unknown, second: unknown): Promise<boolean> => first === second

const actions = {
  back: () => async (...args: unknown[]) => args,
  apply: () => async (call: (...args: unknown[]) => unknown, ...args: unknown[]) => call(...args),
  sum: () => async (...numbers: number[]) => numbers.reduce((sum, n) => sum + n, 0),
  isSame: () => isSame,
  entries: () => async (forms: FormData[]) =>
    Promise.all(forms.map((form) => Promise.all([...form].map(async ([name, value]) => [name, typeof value === 'string' ? value : `${value.name}: ${value.size}`])))),
}

let server: Running
/** Refusals are logged, and here there are many. */
const { warn } = console
before(() => void (console.warn = () => {}))
after(() => void (console.warn = warn))

before(async () => (server = await serve({ actions, limits: { body: '4mb', files: 100 } })))
after(() => server.close())

const read = (sent: Sent, build: (typeof BUILDS)[number], options: object = {}): Promise<any> =>
  reactClient(build).createFromReadableStream!(new Blob([sent.text]).stream(), {
    serverConsumerManifest: { moduleMap: manifest, serverModuleMap: manifest, moduleLoading: null },
    ...options,
  })

const sendBody = async (id: string, reply: string | FormData): Promise<Sent> => {
  const { body, contentType } = await wireBody(reply)
  return server.send({ headers: { 'content-type': contentType, 'errand-action': id }, body })
}

for (const build of BUILDS) {
  const react = reactClient(build)

  async function call(id: string, args: unknown[], temporaryReferences?: unknown): Promise<any> {
    const sent = await sendBody(id, (await react.encodeReply!(args, { temporaryReferences })) as FormData)
    assert.equal(sent.status, 200, sent.text)
    const root = await read(sent, build, { temporaryReferences })
    return root.a
  }

  test(`18: an element comes back as itself, from wherever it was (${build})`, async () => {
    const [one, two, three] = ['p', 'a', 'b'].map((type) => createElement(type, { key: type }))
    const [first, { deep }, map] = await call('back', [one, { deep: [two] }, new Map([['k', three]])], react.createTemporaryReferenceSet!())
    assert.deepEqual([first === one, deep[0] === two, map.get('k') === three], [true, true, true])
    const late = createElement('i')
    const [promise] = await call('back', [Promise.resolve({ late })], react.createTemporaryReferenceSet!())
    assert.equal((await promise).late, late)
  })

  test(`19: a plain object comes back with the client’s own values in it (${build})`, async () => {
    const given = { render: () => 1, data: { n: 1 }, list: [{ x: 1 }] }
    const [it] = await call('back', [given], react.createTemporaryReferenceSet!())
    assert.deepEqual(it, given)
    assert.equal(it.render, given.render)
  })

  test(`20: a function of the client comes back as itself (${build})`, async () => {
    const render = (): number => 1
    const symbol = Symbol('s')
    const [one, { inner }, again] = await call('back', [render, { inner: symbol }, render], react.createTemporaryReferenceSet!())
    assert.deepEqual([one === render, inner === symbol, again === render], [true, true, true])
  })

  test(`38: an action and its bound version arrive to be called, the same as the same function (${build})`, async () => {
    const sum = react.createServerReference!('sum', call)
    const bound = sum.bind(null, 1, 2)
    assert.equal(await call('apply', [sum, 1, 2]), 3)
    assert.equal(await call('apply', [bound, 3]), 6)
    assert.equal(await call('apply', [react.createServerReference!('apply', call).bind(null, bound), 4]), 7)
    assert.deepEqual([await call('isSame', [bound, bound]), await call('isSame', [sum, bound])], [true, false])
  })

  test(`40, 41: entries stay in order where files and text alternate, in few forms and in many, small and arriving (${build})`, async () => {
    for (const [count, size] of [[2, 10], [30, 10], [30, 3_000]] as const) {
      const forms = Array.from({ length: count }, (_, n) =>
        formOf(['first', new File(['f'.repeat(size)], `${n}.txt`)], ['text', `${n}`], ['second', new File(['s'.repeat(n)], 's')], ['text', `again ${n}`]),
      )
      const expected = forms.map((_, n) => [['first', `${n}.txt: ${size}`], ['text', `${n}`], ['second', `s: ${n}`], ['text', `again ${n}`]])
      assert.deepEqual(await call('entries', [forms]), expected)
    }
  })

  test(`89: quotes, line breaks and percent signs in names and text survive the body’s own escaping (${build})`, async () => {
    const names = [' a ', 'a"b', 'a%22b', 'é 😀', '"', ';filename="x"', '_1_a', '$1', 'S1', '']
    const decoded = await call('entries', [[formOf(...names.map((name) => [name, `${name} and %0D%0A`] as const))]])
    // A field named as fetch escapes it can't be told from one that it escaped: browsers send `%22` for a quote.
    assert.deepEqual(decoded[0], names.map((name) => [name.replaceAll('%22', '"'), `${name} and %0D%0A`]))
    const lines = await call('entries', [[formOf(['l\n1', 'a\nb\rc\r\nd'], ['f', new File(['a\nb'], 'n"\n.txt')])]])
    assert.deepEqual(lines[0], [['l\r\n1', 'a\r\nb\r\nc\r\nd'], ['f', 'n"\n.txt: 3']])
  })
}

test('63: ids that look like paths or like names of objects are unknown, and nobody hears which are known', async () => {
  const answers = new Set<string>()
  for (const id of ['../sum', '/etc/passwd', 'toString', '__proto__', 'constructor', 'sum#sum', 'nope', 'SUM', 'file:///x', 'node:fs', 'x'.repeat(500)]) {
    const { status, text } = await sendBody(id, '[]')
    answers.add(`${status} ${text}`)
    const bound = await sendBody('apply', formOf(['1', JSON.stringify({ id, bound: null })], ['0', '["$h1"]']))
    answers.add(`${bound.status} ${bound.text}`)
  }
  assert.equal(answers.size, 1)
  assert.match([...answers][0]!, /^404 /)
  const withNul = await sendBody('apply', formOf(['1', '{"id":"sum\\u0000","bound":null}'], ['0', '["$h1"]']))
  assert.equal(`${withNul.status} ${withNul.text}`, [...answers][0])
})

test('84 (Q7): a bound reference to a function that is not there is refused', async () => {
  const { status } = await sendBody('apply', formOf(['2', '{"id":"nope","bound":"$@1"}'], ['0', '["$h2"]'], ['1', '[1]']))
  assert.equal(status, 404)
})

const WAYS: Record<string, (...parts: Part[]) => Promise<any>> = {
  'as a whole': (...parts) => decodeReply(formOf(...parts)),
  'part by part': (...parts) => decodeReply(partsOf(formOf(...parts))),
}

for (const [how, decode] of Object.entries(WAYS)) {
  test(`84 (Q8): what a decoder may note about values is no part of them (${how})`, async () => {
    const [first, second] = await decode(['1', '[["k",1]]'], ['0', '[{"$$consumed":1,"$$promise":2},"$Q1"]'])
    assert.deepEqual([first, second], [{ $$consumed: 1, $$promise: 2 }, new Map([['k', 1]])])
    await assert.rejects(decode(['1', '[["k",1]]'], ['0', '["$Q1","$1:$$consumed"]']), /reply|part/)
    await assert.rejects(decode(['1', '{"id":"f","bound":null,"$$promise":"$2"}'], ['2', '"theirs"'], ['0', '["$h1"]']), /reply|no action/)
  })

  test(`84 (Q10): a part that comes twice fails the call (${how})`, async () => {
    const twice = decode(['0', '["$@1"]'], ['1', '1'], ['1', '2']).then(async ([promise]) => {
      // Part by part the first value may have been there before the second came.
      if (how === 'part by part') assert.equal(await promise, 1)
      else return promise
    })
    if (how === 'part by part') await twice
    else await assert.rejects(twice, /reply|part/)
    await assert.rejects(decode(['1', '[]'], ['1', '[]'], ['0', '["$Q1"]']), /part/)
  })

  test(`84 (Q11): a part has one name (${how})`, async () => {
    for (const name of [' 1', '0x1', '1e0', '01', '+1', '1 ', '', 'S', 'S01', '_1', '__a', 'x', '4294967296']) {
      await assert.rejects(decode([name, '1'], ['0', '["$@1"]']).then(([promise]) => promise), /part|reply/, name)
    }
    for (const body of ['["$Q1 "]', '["$Q01"]', '["$Q0x1"]', '["$QA"]', '["$n0x1"]', '["$n 1"]', '["$Nope"]', '["$z1"]', '["$1:a:"]']) {
      await assert.rejects(decode(['1', '[]'], ['0', body]), /reply|part/, body)
    }
  })

  test(`85: each spelling of older versions is read, but not mixed as none of them does (${how})`, async () => {
    const form = async (...parts: Part[]): Promise<unknown> => [...(await decode(...parts))[0]]
    assert.deepEqual(await form(['1_k', 'v'], ['0', '["$K1"]']), [['k', 'v']])
    assert.deepEqual(await form(['_1_k', 'v'], ['0', '["$K1"]']), [['k', 'v']])
    await assert.rejects(decode(['1_k', 'v'], ['_2_k', 'v'], ['0', '["$K1","$K2"]']), { code: 'errand::reply-malformed' })
    for (const name of ['1', 'S1']) {
      const [stream] = await decode(['0', '["$R1"]'], [name, '7'], [name, 'C'])
      assert.deepEqual((await stream.getReader().read()).value, 7)
    }
    for (const tag of ['$h1', '$F1']) await assert.rejects(decode(['1', '{"id":"f","bound":null}'], ['0', `["${tag}"]`]), { code: 'errand::unknown-action' })
    await assert.rejects(decode(['1', '{"id":"f","bound":null}'], ['S2', 'C'], ['0', '["$F1","$R2"]']), { code: 'errand::reply-malformed' })
  })
}

const theirs = async (body: string | FormData): Promise<any> => reactServer('production').decodeReply!(body, manifest)
const limits = { body: '10mb', arguments: 2_000_000 }
const ours = (body: string | FormData): Promise<any> => decodeReply(body, { limits })
const tooMuch = { code: 'errand::reply-too-much' }

test('86: a million values less one are a list, to React and to us; one more is too much', async () => {
  const list = (count: number): string => `[${'1,'.repeat(count - 1)}1]`
  for (const decode of [theirs, ours]) assert.equal((await decode(list(999_999))).length, 999_999)
  await assert.rejects(theirs(list(1_000_000)), /Maximum array nesting exceeded/)
  await assert.rejects(ours(list(1_000_000)), tooMuch)
})

test('86: a million characters in a list are too much to React, and as many as they are to us', async () => {
  const list = (characters: number, rest: string): string => `["${'x'.repeat(characters)}"${rest}]`
  for (const body of [list(999_997, ''), list(999_996, ',1'), list(2_000_000, ''), `[{"a":"${'x'.repeat(2_000_000)}"},1]`]) {
    for (const decode of [theirs, ours]) assert.ok((await decode(body)).length <= 2)
  }
  await assert.rejects(theirs(list(999_998, ',1')), /Maximum array nesting exceeded/)
  assert.equal((await ours(list(999_998, ',1')))[0].length, 999_998)
  await assert.rejects(decodeReply(list(999_998, ',1'), { limits: { string: 999_997 } }), tooMuch)
})

test('86: lists of lists of references are too much to React, and the same few lists to us; as objects to both', async () => {
  const tower = (open: string, close: string, item: (at: number) => string): FormData =>
    formOf(...Array.from({ length: 8 }, (_, level): Part => {
      const items = Array.from({ length: 10 }, (_, at) => item(at) + (level === 0 ? '1' : `"$${level}"`))
      return [`${level + 1}`, `${open}${items}${close}`]
    }), ['0', '["$8",1]'])
  const lists = tower('[', ']', () => '')
  await assert.rejects(theirs(lists), /Maximum array nesting exceeded/)
  const [top] = await ours(lists)
  assert.equal(top[0], top[9])
  const objects = tower('{', '}', (at) => `"${at}":`)
  for (const decode of [theirs, ours]) {
    const [top] = await decode(objects)
    assert.equal(top[0], top[9])
  }
})
