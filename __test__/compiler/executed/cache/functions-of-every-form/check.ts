import assert from 'node:assert/strict'

import { revalidateTag } from 'errand/cache'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { runs, declared, arrow, expression, default: unnamed, object, Posts } }) => {
  const all = [declared, arrow, expression, unnamed, object.method, Posts.all]
  const callAll = async (): Promise<number[]> => Promise.all(all.map((fn) => fn()))
  const first = await callAll()
  assert.deepEqual(await callAll(), first)
  assert.deepEqual(runs.toSorted(), ['arrow', 'declared', 'default', 'expression', 'method', 'static'])
  assert.deepEqual(all.map(({ name }) => name), ['declared', 'arrow', 'named', 'default', 'method', 'all'])

  await revalidateTag('every-form')
  await callAll()
  assert.deepEqual(runs.slice(6).toSorted(), ['arrow', 'declared'], 'only those with the tag run again')
}
