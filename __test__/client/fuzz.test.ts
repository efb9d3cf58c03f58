/** Bytes that no server writes: the reader answers with errors of its own, soon, and never by ending the process. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { CallError, decodeResult } from '../../npm/client/index.ts'
import { random, runs, seeds } from '../differential/values.ts'

const RUNS = 3_000

/** Answers of all kinds of rows, which the fuzzer cuts up and puts together. */
const ROWS = [
  '0:{"a":"$@1","b":["$@2","$@3","$@4"],"c":"$@5"}\n', '0:["$@1","$@9","$@b","$@0","$@6"]\n', '0:{"a":"$1","b":"$2","c":"$@0","d":"$0:a"}\n',
  '1:"$@2"\n', '2:"$@1"\n',
  '1:{"x":"$$y","then":"$h6","__proto__":"$1"}\n', '2:R\n', '3:r\n', '4:X\n', '4:x\n', '2:"$@1"\n', '2:T5,héllo', '3:b3,abc', '3:b0,',
  '4:{"n":"$n12"}\n', '4:C\n', '2:C"$1"\n', '3:C\n', '2:E{"digest":"d"}\n', '5:[["k","$W7"],["l","$0:a"]]\n', '7:[1,"$5:0:0","$D0"]\n',
  '6:{"id":"f","bound":"$@8"}\n', '8:["$h6","$6",1]\n', '9:["text/plain","$a"]\n', 'a:o4,\u0000\u0001\u0002\u0003', '1:"$B9"\n', '1:["$K5","$i7","$Zb"]\n',
  'b:{"name":"TypeError","message":"m","cause":"$$1","errors":"$$7"}\n', '1:"$Z"\n', ':N1\n', '1:D{}\n', ':HL["x"]\n', 'c:I["m",[],"x"]\n',
  '1:A8,aaaabbbb', '1:m8,aaaabbbb', '1:S3,abc', '1:["$S","$Sx","$-0","$NaN","$Infinity","$undefined","$nope","$E1","$T0"]\n', '1:\n', '1:F\n',
]

const encoder = new TextEncoder()

/** A few rows, and a few bytes of them changed, lost, doubled or moved. */
function input(chance: () => number): Uint8Array {
  const below = (most: number): number => Math.floor(chance() * most)
  const rows = Array.from({ length: below(12) }, () => ROWS[below(ROWS.length)]!)
  rows.splice(below(rows.length), 0, ROWS[below(3)]!)
  let bytes = [...encoder.encode(rows.join(''))]
  if (chance() < 0.1) bytes = Array.from({ length: below(200) }, () => below(256))
  for (let changes = chance() < 0.6 ? 0 : below(6); changes > 0; changes--) {
    const at = below(bytes.length)
    const change = below(4)
    if (change === 0) bytes[at] = below(256)
    else if (change === 1) bytes.splice(at, 1 + below(9))
    else if (change === 2) bytes.splice(at, 0, ...bytes.slice(at, at + below(20)))
    else bytes.splice(at, 1, ...encoder.encode('"$:[]{}0123456789abcdefTRXxrCE,\n'[below(32)]))
  }
  return Uint8Array.from(bytes)
}

function inPieces(bytes: Uint8Array, chance: () => number): ReadableStream<Uint8Array> {
  let at = 0
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) controller.close()
      else controller.enqueue(bytes.slice(at, (at += 1 + Math.floor(chance() * 40))))
    },
  })
}

/** Reads all that a value holds; what fails has to fail as a call does. */
async function exhaust(value: unknown, seen = new Set<unknown>()): Promise<void> {
  if (typeof value !== 'object' || value === null || seen.has(value)) return
  seen.add(value)
  try {
    if (value instanceof Promise) return await exhaust(await value, seen)
    if (value instanceof ReadableStream) {
      const reader = value.getReader()
      for (let part = await reader.read(); !part.done; part = await reader.read()) await exhaust(part.value, seen)
      return
    }
    if (Symbol.asyncIterator in value) {
      for await (const item of value as AsyncIterable<unknown>) await exhaust(item, seen)
      return
    }
  } catch (error) {
    return check(error)
  }
  if (value instanceof Map || value instanceof Set) for (const item of [...value]) await exhaust(item, seen)
  for (const key of Object.keys(value)) await exhaust((value as Record<string, unknown>)[key], seen)
}

/** A failure is one of ours, or one that the rows tell of. */
function check(error: unknown): void {
  if (error instanceof CallError) assert.match(error.code, /^errand::(unexpected-response|unsupported-result|connection-closed)$/)
  else assert.equal((error as Error).message, 'The action failed')
}

test('answers that are damaged fail with errors of ours, and end', async () => {
  const escaped: unknown[] = []
  const onUnhandled = (error: unknown): void => void escaped.push(error)
  process.on('unhandledRejection', onUnhandled)
  let values = 0
  try {
    for (const seed of seeds(RUNS)) {
      const chance = random(seed)
      const bytes = input(chance)
      const run = decodeResult(inPieces(bytes, chance)).then((value) => (values++, exhaust(value)), check)
      let timer!: NodeJS.Timeout
      const hang = new Promise((_, reject) => (timer = setTimeout(reject, 5_000, new Error('it hangs'))))
      try {
        await Promise.race([run, hang])
      } catch (error) {
        throw new Error(`seed ${seed}: ${JSON.stringify(Buffer.from(bytes).toString('latin1'))}`, { cause: error })
      } finally {
        clearTimeout(timer)
      }
    }
    await new Promise((resolve) => setImmediate(resolve))
  } finally {
    process.off('unhandledRejection', onUnhandled)
  }
  assert.deepEqual(escaped, [])
  assert.ok(values > runs(RUNS) / 20, `only ${values} answers had a value`)
})

test('what a row announces takes no memory before it is there', async () => {
  const before = process.memoryUsage().arrayBuffers
  await assert.rejects(decodeResult(new Response('0:"$1"\n1:offffffff,abc').body!), { code: 'errand::connection-closed' })
  assert.ok(process.memoryUsage().arrayBuffers - before < 1 << 20)
})

test('deep and long answers are refused or read, in time that grows with them', async () => {
  const deep = (levels: number): string => `0:${'['.repeat(levels)}${']'.repeat(levels)}\n`
  await decodeResult(new Response(deep(1_000)).body!)
  await assert.rejects(decodeResult(new Response(deep(200_000)).body!), { code: 'errand::unexpected-response' })
  const chain = Array.from({ length: 100_000 }, (_, at) => `${at.toString(16)}:"$${(at + 1).toString(16)}"\n`).join('')
  await assert.rejects(decodeResult(new Response(chain).body!), CallError)
  const promises = Array.from({ length: 50_000 }, (_, at) => `${at.toString(16)}:"$@${(at + 1).toString(16)}"\n`).join('')
  await assert.rejects(decodeResult(new Response(promises).body!), CallError)
  const wide = `0:[${Array.from({ length: 50_000 }, (_, at) => `"$@${(at + 1).toString(16)}"`)}]\n`
  const many = (await decodeResult(new Response(wide).body!)) as Promise<unknown>[]
  assert.equal((await Promise.allSettled(many)).filter(({ status }) => status === 'rejected').length, 50_000)
})
