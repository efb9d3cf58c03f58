/** `decodeReply` looks at short bodies at once and leaves long ones to another thread: nobody can tell which. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { decodeReply } from 'errand'

/** From here on another thread looks. */
const LARGE = 64 << 10

/** A text of so many bytes of padding, one or three for each UTF-16 unit. */
const padded = (text: string, bytes: number, pad = 'x'): string =>
  text.replace('PAD', pad.repeat(Math.max(0, Math.floor(bytes / Buffer.byteLength(pad)))))

const forms = (text: string): (string | Uint8Array)[] => [text, Buffer.from(text), new TextEncoder().encode(text)]

for (const bytes of [10, Math.floor(LARGE / 3), LARGE - 100, LARGE, LARGE * 3, 1_000_000]) {
  for (const pad of ['x', '中', '\\n']) {
    test(`${bytes} bytes of ${pad} [D35]`, async () => {
      const plain = padded('[{"a":"PAD","b":[1,true]}]', bytes, pad)
      const tagged = padded('[{"a":"PAD","b":"$n7","c":"$$"}]', bytes, pad)
      for (const body of forms(plain)) assert.deepEqual(await decodeReply(body), JSON.parse(plain))
      for (const body of forms(tagged)) {
        assert.deepEqual(await decodeReply(body), [{ a: JSON.parse(plain)[0].a, b: 7n, c: '$' }])
      }
      for (const [bad, code] of [
        ['[{"a":"PAD","a":1}]', 'errand::reply-malformed'],
        ['[{"a":"PAD"}', 'errand::reply-malformed'],
        ['["PAD","$Q1"]', 'errand::reply-missing-part'],
        [`["PAD",${'['.repeat(80)}${']'.repeat(80)}]`, 'errand::reply-too-much'],
      ] as const) {
        for (const body of forms(padded(bad, bytes, pad))) await assert.rejects(decodeReply(body), { code })
      }
    })
  }
}

test('what was written into the buffer before is not read', async () => {
  assert.deepEqual(await decodeReply('["a long one that leaves its end behind"]'), ['a long one that leaves its end behind'])
  await assert.rejects(decodeReply('["a lo'), { code: 'errand::reply-malformed' })
  assert.deepEqual(await Promise.all(['[1]', '[22]', '["$n3"]'].map((body) => decodeReply(body))), [[1], [22], [3n]])
  const large = ['a', 'b', 'c'].flatMap((pad) => [padded('["PAD"]', LARGE * 2, pad), padded('["$n1","PAD"]', LARGE * 2, pad)])
  const decoded = await Promise.all(large.map((body) => decodeReply(body)))
  assert.deepEqual(decoded.map((args) => args.at(-1)), large.map((body) => JSON.parse(body).at(-1)))
})

test('a surrogate that stands alone in a text is kept', async () => {
  assert.deepEqual(await decodeReply('["\ud800"]'), ['\ud800'])
})

test('bytes that are no text are refused, short and long', async () => {
  for (const bytes of [10, LARGE * 2]) {
    const body = Buffer.from(padded('["PAD"]', bytes))
    body[5] = 0xff
    await assert.rejects(decodeReply(body), { code: 'errand::reply-malformed' })
  }
})

test('limits hold for short and for long bodies', async () => {
  for (const bytes of [10, LARGE * 2]) {
    const body = padded('["PAD",1,2,3]', bytes)
    assert.equal((await decodeReply(body, { limits: { nodes: 5, arguments: 4 } })).length, 4)
    for (const limits of [{ nodes: 4 }, { arguments: 3 }, { string: bytes - 1 }, { part: bytes }]) {
      await assert.rejects(decodeReply(body, { limits }), { code: 'errand::reply-too-much' })
    }
    await assert.rejects(decodeReply(body, { limits: { body: bytes } }), { code: 'errand::body-too-large' })
  }
})
