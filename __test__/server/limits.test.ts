/** Each of `limits`: what is at it is decoded, one more is refused with the limit's name. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { decodeReply, type Limits } from 'errand'

const list = (count: number, item = '1'): string => `[${Array<string>(count).fill(item).join()}]`

function form(parts: readonly (readonly [name: string, value: string | Blob])[]): FormData {
  const it = new FormData()
  for (const [name, value] of parts) {
    if (typeof value === 'string') it.append(name, value)
    else it.append(name, value)
  }
  return it
}

const reference = (bound: string): FormData =>
  form([['1', '{"id":"x","bound":"$@2"}'], ['0', '["$h1"]'], ['2', bound]])

/** The option, its default if that is small enough to be met, the name in the message, and a reply that has so many. */
const cases: [keyof Limits, number | null, string, (count: number) => string | FormData][] = [
  ['part', null, 'part_bytes', (count) => `["${'x'.repeat(count - 4)}"]`],
  ['string', null, 'string_bytes', (count) => `["${'x'.repeat(count)}"]`],
  ['files', 20, 'files', (count) => form([...Array.from({ length: count }, (_, n) => [`_1_${n}`, new Blob(['a'])] as const), ['0', '["$K1"]']])],
  ['fields', 1_000, 'fields', (count) => form([...Array.from({ length: count }, (_, n) => [`_1_${n}`, 'a'] as const), ['0', '["$K1"]']])],
  ['parts', 1_000, 'parts', (count) => form([...Array.from({ length: count - 1 }, (_, n) => [`${n + 1}`, '[]'] as const), ['0', '[]']])],
  ['live', 1_000, 'live', (count) => `[${list(count).replaceAll('1', () => `"$@${(++last).toString(16)}"`)}]`],
  ['events', 10_000, 'events', (count) => form([['0', '["$R1"]'], ...Array.from({ length: count - 1 }, () => ['S1', '1'] as const), ['S1', 'C']])],
  ['depth', 64, 'depth', (count) => '['.repeat(count) + ']'.repeat(count)],
  ['nodes', 1_000_000, 'nodes', (count) => `[${list(count - 2, '0')}]`],
  ['references', 100_000, 'references', (count) => `[{},${list(count, '"$0:0"')}]`],
  ['arguments', 1_000, 'arguments', (count) => list(count)],
  ['boundArgs', 1_000, 'bound_args', (count) => reference(list(count))],
  ['bigIntDigits', 300, 'big_int_digits', (count) => `["$n${'9'.repeat(count)}"]`],
  ['nameBytes', 1_024, 'name_bytes', (count) => form([[`_1_${'n'.repeat(count - 3)}`, ''], ['0', '["$K1"]']])],
]

let last = 0

for (const [option, byDefault, name, reply] of cases) {
  test(`limits.${option}`, async () => {
    const body = '16mb'
    // A reference is to nobody here: that is another refusal, behind the limit.
    const passes = async (count: number, limits: Limits): Promise<void> => {
      await decodeReply(reply(count), { limits }).catch((error) => assert.notEqual(error.code, 'errand::reply-too-much', error.message))
    }
    const fails = async (count: number, limits: Limits): Promise<void> => {
      const message = new RegExp(`${count} in \`${name}\`, and the limit is ${count - 1}$`)
      await assert.rejects(decodeReply(reply(count), { limits }), { code: 'errand::reply-too-much', message })
    }
    const small = option === 'nameBytes' ? 8 : 5
    await passes(small, { body, [option]: small })
    await fails(small + 1, { body, [option]: small })
    await passes(small + 1, { body, [option]: small + 1 })
    if (byDefault === null) {
      await passes(100_000, { body })
      return
    }
    await passes(byDefault, { body })
    await fails(byDefault + 1, { body })
    await passes(byDefault + 1, { body, [option]: Infinity })
  })
}

test('sizes are text too [D149, D152]', async () => {
  await assert.rejects(decodeReply(`["${'x'.repeat(1_025)}"]`, { limits: { string: '1kb' } }), { code: 'errand::reply-too-much' })
  await decodeReply(`["${'x'.repeat(1_024)}"]`, { limits: { string: '1kb' } })
})
