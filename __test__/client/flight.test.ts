import assert from 'node:assert/strict'
import { test } from 'node:test'

import { decodeResult } from '../../npm/client/index.ts'

/** A stream that is fed row by row. */
function feed(): { stream: ReadableStream<Uint8Array>; send(text: string): Promise<void>; end(): void; cancelled: unknown[] } {
  let controller!: ReadableStreamDefaultController<Uint8Array>
  const cancelled: unknown[] = []
  const stream = new ReadableStream<Uint8Array>({ start: (it) => void (controller = it), cancel: (why) => void cancelled.push(why) })
  return {
    stream,
    cancelled,
    send: async (text) => {
      controller.enqueue(new TextEncoder().encode(text))
      await new Promise((resolve) => setImmediate(resolve))
    },
    end: () => controller.close(),
  }
}

const decode = (text: string): Promise<any> => {
  const { stream, send, end } = feed()
  void send(text).then(end)
  return decodeResult(stream)
}

test('values arrive as their rows do, in any order', async () => {
  const { stream, send, end } = feed()
  const events: string[] = []
  const root = decodeResult(stream) as Promise<any>
  void root.then((it) => {
    events.push('root')
    it.slow.then(() => events.push('slow'))
    it.quick.then(() => events.push('quick'))
  })
  await send('0:{"list":"$3","slow":"$@1","quick":"$@2"}\n')
  assert.deepEqual(events, [])
  await send('3:["$4:deep"]\n')
  assert.deepEqual(events, [])
  await send('4:{"deep":["x"]}\n')
  assert.deepEqual(events, ['root'])
  await send('2:1\n')
  assert.deepEqual(events, ['root', 'quick'])
  await send('1:T5,a')
  await send('\nbcd')
  end()
  assert.equal(await (await root).slow, 'a\nbcd')
  assert.deepEqual((await root).list, [['x']])
})

test('every value that a row can hold', async () => {
  const value = await decode('1:[["k",["$-0","$Infinity","$-Infinity","$NaN","$undefined"]]]\n2:["$n-5"]\n0:["$Q1","$W2","$$x","$D1970-01-01T00:00:00.000Z",{"u":"$undefined"}]\n')
  assert.deepStrictEqual(value, [new Map([['k', [-0, Infinity, -Infinity, NaN, undefined]]]), new Set([-5n]), '$x', new Date(0), {}])
})

test('development rows and hints are passed over', async () => {
  assert.deepEqual(await decode(':N1795.2\n0:D{"time":1}\n0:D"$2"\n:HL["/x.css","style"]\n1:J{"name":"x"}\n:W["log",[],null,"Server","hi"]\n2:{"name":"f","props":{},"f":"$E(()=>1)"}\n0:{"a":1}\n'), { a: 1 })
})

test('a name of the data never reaches a prototype, and nothing of it is called', async () => {
  const value = await decode('1:{"id":"x","bound":null}\n0:{"__proto__":{"admin":true},"constructor":{"prototype":1},"then":"$h1","inner":{"then":"$h1","__proto__":"$h1"}}\n')
  assert.equal(value.admin, undefined)
  assert.equal(Object.getPrototypeOf(value), Object.prototype)
  assert.deepEqual([value.then, value.inner.then], [null, null])
  assert.deepEqual(Object.keys(value.inner), ['then'])
  for (const path of ['constructor', '__proto__', 'x:length', 'm:size', 'd:getTime', 'f:name', 'p:then']) {
    const text = `1:{"id":"x","bound":null}\n2:{"x":"abc","m":"$Q3","d":"$D0","f":"$h1","p":"$@0"}\n3:[]\n0:["$2:${path}"]\n`
    await assert.rejects(decode(text), { code: 'errand::unexpected-response' }, path)
  }
})

test('an unreadable row fails what needs it, and only that', async () => {
  const bad = ['{', '"$q1"', '"$n1x"', '"$1234567890"', '["$",{}]', '"$L1"', '"$Q4"', '"$5"']
  for (const row of bad) {
    const { no, yes } = await decode(`0:{"no":"$@1","yes":"$@2"}\n4:{}\n5:"$5"\n1:${row}\n2:1\n`)
    await assert.rejects(no, { name: 'CallError' }, row)
    assert.equal(await yes, 1)
  }
  for (const row of ['1:S3,abc', '1:E{\n', '1:Enull\n', '1:"$Q2"\n2:5\n', '1:"$h2"\n2:null\n', '1:"$B2"\n2:{}\n']) {
    await assert.rejects(decode(`0:["$1"]\n${row}`), { code: 'errand::unexpected-response' }, row)
  }
  for (const row of ['1:I["m",[],"x"]\n', '1:"$L2"\n', '1:["$","p",null,{}]\n', '1:Q1\n', '1:"$T0:1"\n']) {
    await assert.rejects(decode(`0:["$1"]\n${row}`), { code: 'errand::unsupported-result' }, row)
  }
})

test('bytes that are no rows fail all that is pending, and the stream is let go', async () => {
  for (const bytes of ['<!doctype html>\n', 'A:1\n', '1:1\n1:2\n', '1:Txyz,', '123456789:1\n', '0:"again"\n', '1:C\n']) {
    const { stream, send, cancelled } = feed()
    const root = decodeResult(stream) as Promise<any>
    await send('0:{"p":"$@f"}\n')
    const { p } = await root
    await send(bytes)
    await assert.rejects(p, (error: any) => error.name === 'CallError', bytes)
    assert.equal(cancelled.length, 1)
  }
})

test('what never came rejects when the answer ends; nobody has to listen', async () => {
  const { never, late } = await decode('0:{"never":"$@1","late":"$@2"}\n2:["$@9"]\n')
  const [inner] = await late
  await assert.rejects(never, { code: 'errand::connection-closed' })
  await assert.rejects(inner, { code: 'errand::connection-closed' })
})

test('cycles of every kind', async () => {
  const { a, m, s } = await decode('1:[["self","$0:m"]]\n2:["$0:s"]\n0:{"a":{"up":"$0"},"m":"$Q1","s":"$W2"}\n')
  assert.equal(a.up.a, a)
  assert.equal(m.get('self'), m)
  assert.ok(s.has(s))
  await assert.rejects(decode('0:"$0"\n'), { code: 'errand::unexpected-response' })
  await assert.rejects(decode('0:"$1"\n1:"$0"\n'), { code: 'errand::unexpected-response' })
  for (const promises of ['0:"$@0"\n', '0:"$@1"\n1:"$@0"\n', '0:"$@1"\n1:"$@2"\n2:"$@1"\n', '0:["$1"]\n1:"$@1"\n', '0:"$h1"\n1:{"id":"x","bound":"$@1"}\n2:"$@2"\n']) {
    await assert.rejects(decode(promises.replace('"$@1"}\n', '"$@2"}\n')), { code: 'errand::unexpected-response' }, promises)
  }
})

test('a large value in many pieces takes time in proportion', async () => {
  const text = `0:${JSON.stringify(Array.from({ length: 50_000 }, (_, at) => ({ id: at, name: `$name ${at}` })).map((it) => ({ ...it, name: `$${it.name}` })))}\n`
  const bytes = new TextEncoder().encode(text)
  let at = 0
  const stream = new ReadableStream<Uint8Array>({
    pull: (it) => (at < bytes.length ? it.enqueue(bytes.subarray(at, (at += 100))) : it.close()),
  })
  const value = (await decodeResult(stream)) as any[]
  assert.equal(value.length, 50_000)
  assert.equal(value[7].name, '$name 7')
})

test('a server reference can be made by the caller', async () => {
  const { stream, send, end } = feed()
  void send('0:["$h1","$h1"]\n1:{"id":"x","bound":null}\n').then(end)
  const made: unknown[] = []
  const value = await decodeResult(stream, { reference: (id, bound) => (made.push([id, bound]), 'made') })
  assert.deepEqual(value, ['made', 'made'])
  assert.deepEqual(made, [['x', null]])
})
