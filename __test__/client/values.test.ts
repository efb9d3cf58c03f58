import assert from 'node:assert/strict'
import { test } from 'node:test'

import { ErrandError, lower, lowerGraph, revive, SERVER_REFERENCE } from '../../npm/values/index.ts'
import { generate, picture, random, seeds } from '../differential/values.ts'

const createReference = (id: string, bound: unknown[] | null): unknown =>
  Object.assign(() => {}, { $$typeof: SERVER_REFERENCE, $$id: id, $$bound: bound })

function roundTrip(value: unknown, { text, program, blobs } = lower(value)): any {
  return revive(text, program, { blobs, reference: createReference })
}

test('a value comes back as it was', async () => {
  const kinds = { tagged: true, files: true, createReference }
  for (const seed of seeds(2000)) {
    const value = generate(random(seed), kinds)
    const back = roundTrip(value)
    assert.deepStrictEqual(await picture(back), await picture(value), `seed ${seed}`)
  }
})

test('shared objects come back with the same contents', async () => {
  for (const seed of seeds(500)) {
    const value = generate(random(seed), { tagged: true, shared: true }, 5)
    const identity = { identity: false }
    assert.deepStrictEqual(await picture(roundTrip(value), identity), await picture(value, identity), `seed ${seed}`)
  }
})

test('a graph comes back with every object once', async () => {
  for (const seed of seeds(500)) {
    const value = generate(random(seed), { tagged: true, shared: true }, 5)
    assert.deepStrictEqual(await picture(roundTrip(value, lowerGraph(value, 'it'))), await picture(value), `seed ${seed}`)
  }
  const root: Record<string, unknown> = { when: new Date(0) }
  root['list'] = [root, new Map([[root, new Set([root])]])]
  const back = roundTrip(root, lowerGraph(root, 'it'))
  const [self, map] = back.list
  assert.equal(self, back)
  assert.deepEqual([...map.keys(), ...[...map.values()][0]], [back, back])
})

test('a graph in which nothing occurs twice costs no more', () => {
  for (const seed of seeds(200)) {
    const value = generate(random(seed), { tagged: true })
    assert.deepEqual(lowerGraph(value, 'it'), lower(value))
  }
})

test('plain data is plain JSON, and is not copied', () => {
  for (const seed of seeds(200)) {
    const value = generate(random(seed), {})
    assert.deepEqual(lower(value), { text: JSON.stringify(value), program: '', blobs: [] })
  }
})

test('a program reads as the contract says', () => {
  const bytes = new Blob(['x'], { type: 'x/y' })
  const cases: [unknown, string, string][] = [
    [new Date(0), '[null]', '["D","1970-01-01T00:00:00.000Z","R",0,0]'],
    [undefined, '[null]', '["u","R",0,0]'],
    [[1, -0], '[[1,null]]', '["-0","=",1,0]'],
    [{ a: { b: { c: NaN } }, d: {}, e: NaN }, '[{"a":{"b":{"c":null}},"d":{},"e":null}]', '["N",">","a",">","b","=","c",0,"<","<","=","e",0]'],
    [[new Set([1, 2n])], '[[null],[1,null]]', '["W",1,"n","2","=",0,0,"T",1,"=",1,1]'],
    [{ f: bytes }, '[{"f":null}]', '["B",0,null,"x/y","=","f",0]'],
    [createReference('id', null), '[null]', '["h","id",null,"R",0,0]'],
    [createReference('id', [1]), '[null,[1]]', '["h","id",1,"R",0,0]'],
    [new Date(NaN), '[null]', '["D","invalid","R",0,0]'],
  ]
  for (const [value, text, program] of cases) {
    const lowered = lower(value)
    assert.equal(lowered.text, text)
    assert.equal(lowered.program, program)
  }
  const twice = { id: 1 }
  const { text, program } = lowerGraph([twice, twice], 'it')
  assert.deepEqual([text, program], ['[[{"id":1},null]]', '["t",0,"g",0,0,"=",1,1]'])
})

test('an object that JSON has no word for stays one object, and may contain itself', () => {
  const map = new Map<string, unknown>()
  map.set('self', map)
  const date = new Date(0)
  const [one, two, first, second] = roundTrip([map, map, date, date])
  assert.equal(one, two)
  assert.equal(one.get('self'), one)
  assert.equal(first, second)
})

test('a reference is given its bound arguments complete, inner references first', () => {
  const seen: string[] = []
  const inner = createReference('inner', [new Date(0)])
  const outer = createReference('outer', [{ deep: [inner] }, new Map([['k', 1]])])
  const { text, program } = lower({ a: outer, b: inner })
  const back = revive(text, program, {
    blobs: [],
    reference: (id, bound) => (seen.push(`${id} ${JSON.stringify(bound)}`), createReference(id, bound)),
  }) as any
  assert.deepEqual(seen, ['inner ["1970-01-01T00:00:00.000Z"]', 'outer [{"deep":[null]},{}]'])
  assert.equal(back.a.$$bound[0].deep[0], back.b)
  assert.equal(back.a.$$bound[1].get('k'), 1)
})

test('undefined properties and an own __proto__ are left out', () => {
  const value = JSON.parse('{"a":1,"__proto__":{"admin":true},"b":{"__proto__":null}}')
  value.u = undefined
  const back = roundTrip(value)
  assert.deepEqual(Object.keys(back), ['a', 'b'])
  assert.equal(back.admin, undefined)
  assert.equal(roundTrip([value, undefined]).length, 2)
})

test('toJSON is used where JSON would use it', () => {
  const money = { cents: 5, toJSON: () => ({ amount: 5n }) }
  assert.deepEqual(roundTrip({ at: new URL('http://x/'), money }), { at: 'http://x/', money: { amount: 5n } })
  assert.equal(roundTrip(new URL('http://x/')), 'http://x/')
})

test('what cannot be sent is named by its place', () => {
  const cycle: Record<string, unknown> = {}
  cycle.list = [{ back: cycle }]
  let deep: unknown = 1
  for (let level = 0; level < 1001; level++) deep = [deep]
  const cases: [unknown, string][] = [
    [{ user: { save() {} } }, 'result.user.save is a function'],
    [[Symbol('x')], 'result[0] is a symbol'],
    [{ 'first name': Promise.resolve() }, 'result["first name"] is a promise'],
    [{ e: new TypeError('x') }, 'result.e is an Error'],
    [new Uint8Array(1), 'result is binary data'],
    [[Buffer.from('x')], 'result[0] is binary data'],
    [new Map([['k', new WeakMap()]]), 'result[0][1] is an instance of WeakMap'],
    [new (class User {})(), 'result is an instance of User'],
    [[{ $$typeof: Symbol.for('react.transitional.element') }], 'result[0] is an element or a component of React'],
    [cycle, 'result.list[0].back is part of itself'],
    [deep, 'is nested deeper than 1000 levels'],
    [[1, 2].values(), 'result is an instance of'],
  ]
  for (const [value, message] of cases) {
    assert.throws(
      () => lower(value),
      (error: any) => error instanceof ErrandError && error.code === 'errand::unserializable' && error.message.includes(message) && !!error.hint,
      message,
    )
  }
})

test('a thousand levels are fine', () => {
  let deep: unknown = 1
  for (let level = 0; level < 1000; level++) deep = [deep]
  assert.equal(lower(deep).text.length, 2001)
})

test('a program that does not fit its text is refused, and runs no setter', () => {
  const source = { blobs: [], reference: createReference }
  const programs = ['["?"]', '["u","=","x",0]', '["u",">","a"]', '["<"]', '["B",0,null,""]', '["u","=","__proto__",0]', '["u",">","__proto__","=","x",0]']
  for (const program of programs) {
    assert.throws(() => revive('[{"a":1}]', program, source), { code: 'errand::bad-skeleton' }, program)
  }
  assert.equal((revive('[{"then":"$h1"}]', '["h","id",null,"=","then",0]', source) as any).then, null)
})

test('instructions that only the decoder of replies writes', () => {
  const source = { blobs: [new TextEncoder().encode('hi')], reference: createReference }
  const back = revive('[{"a":"$undefined","b":{"c":"$u","d":1},"f":"$B1"}]', '["-","a",">","b","-","c","<","B",0,"a.txt","text/plain","=","f",0]', source) as any
  assert.deepEqual(Object.keys(back), ['b', 'f'])
  assert.deepEqual(back.b, { d: 1 })
  assert.equal(back.f.name, 'a.txt')
  assert.equal(back.f.size, 2)
})
