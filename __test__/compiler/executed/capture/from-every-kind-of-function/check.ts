import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { Page }, call }) => {
  const page = new Page('c')
  page.setter = 's'
  const results = []
  for (const action of [page.save, page.method('m'), page.getter, page.set, ...Page.generator('y'), Page.arrow('a')]) {
    results.push(await call(action))
  }
  assert.deepEqual(results, [
    ['constructor', 'c'], ['method', 'm'], ['getter', 'g'], ['setter', 's'], ['generator', 'y'], ['arrow', 'a'],
  ])
}
