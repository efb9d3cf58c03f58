import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createServerReference, encodeReply } from '../../npm/client/index.ts'

const parts = async (args: unknown[]): Promise<unknown> => {
  const body = await encodeReply(args)
  return typeof body === 'string' ? body : [...body]
}

test('a reply is text until something needs a part of its own', async () => {
  assert.equal(await parts(['$a', -0, NaN, Infinity, undefined, 5n, new Date(0)]), '["$$a","$-0","$NaN","$Infinity","$undefined","$n5","$D1970-01-01T00:00:00.000Z"]')
  assert.deepEqual(await parts([new Map([['a', [{ k: 1 }, new Map()]]])]), [['2', '[]'], ['1', '[["a",[{"k":1},"$Q2"]]]'], ['0', '["$Q1"]']])
})

test('what occurs twice is written once', async () => {
  const x = { k: 1 }
  assert.equal(await parts([x, { x }, [x]]), '[{"k":1},{"x":"$0:0"},["$0:0"]]')
  const url = new URL('http://x/')
  assert.equal(await parts([url, url]), '["http://x/","http://x/"]')
})

test('an object under a key with a colon has no name, so it is written again', async () => {
  const x = { k: 1 }
  assert.equal(await parts([{ 'a:b': x }, x, x]), '[{"a:b":{"k":1}},{"k":1},"$0:1"]')
  const cycle: Record<string, unknown> = {}
  cycle['a:b'] = { cycle, inner: {} }
  assert.equal(await parts([cycle]), '[{"a:b":{"cycle":"$0:0","inner":{}}}]')
  const nameless: Record<string, unknown> = {}
  nameless.self = nameless
  await assert.rejects(encodeReply([{ 'a:b': nameless }]), TypeError) // as JSON.stringify says it
  const map = new Map()
  map.set('self', map)
  assert.deepEqual(await parts([{ 'a:b': map }]), [['2', '[["self","$1:0:1"]]'], ['1', '[["self","$Q2"]]'], ['0', '[{"a:b":"$Q1"}]']])
})

test('a reference travels with its bound arguments', async () => {
  const save = createServerReference('save')
  const bound = save.bind(null, 'x', { y: 1 })
  assert.deepEqual(await parts([bound, bound, save]), [
    ['1', '["x",{"y":1}]'],
    ['2', '{"id":"save","bound":"$@1"}'],
    ['3', '{"id":"save","bound":null}'],
    ['0', '["$h2","$h2","$h3"]'],
  ])
})

test('binary data travels as the bytes that a view sees, and once', async () => {
  const bytes = Uint8Array.from({ length: 16 }, (_, at) => at)
  const view = new Uint16Array(bytes.buffer, 4, 2)
  const sent = (await encodeReply([view, bytes.buffer, [view]])) as FormData
  const read = async (part: string): Promise<number[]> => [...new Uint8Array(await (sent.get(part) as Blob).arrayBuffer())]
  assert.deepEqual([...sent.keys()], ['1', '2', '0'])
  assert.deepEqual(await read('1'), [4, 5, 6, 7])
  assert.deepEqual(await read('2'), [...bytes])
  assert.equal(sent.get('0'), '["$s1","$A2",["$0:0"]]')
})

test('what cannot be sent is named by its place', async () => {
  const cases: [unknown, string][] = [
    [{ user: { save() {} } }, 'args[0].user.save is a function'],
    [Symbol('x'), 'args[0] is a symbol'],
    [[Promise.resolve({ deep: () => {} })], 'args[0][0].deep is a function'],
    [[new WeakMap()].values(), 'args[0][0] is an instance of WeakMap'],
    [new ReadableStream({ start: (it) => it.enqueue([Symbol('x')]) }), 'args[0][0] is a symbol'],
    [new (class User {})(), 'args[0] is an instance of User'],
    [new SharedArrayBuffer(1), 'args[0] is an instance of SharedArrayBuffer'],
    [new TypeError('x'), 'args[0] is an instance of TypeError'],
    [{ $$typeof: Symbol.for('react.transitional.element'), props: {} }, 'args[0].$$typeof is a symbol'],
    [createServerReference('a').bind(null, () => {}), 'args[0].$$bound[0] is a function'],
  ]
  for (const [value, message] of cases) {
    await assert.rejects(
      encodeReply([value]),
      (error: any) => error.code === 'errand::unserializable' && error.message.startsWith(message) && !!error.hint,
      message,
    )
  }
})

test('an own __proto__ is sent, for the decoder to leave out, and an object without a prototype is sent', async () => {
  assert.equal(await parts([JSON.parse('{"a":1,"__proto__":{"x":1}}'), Object.assign(Object.create(null), { b: 2 })]), '[{"a":1,"__proto__":{"x":1}},{"b":2}]')
})
