import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page } }) => {
  const fail = (at: string): never => {
    throw new Error(at)
  }
  const { first, late, method, arrow, here } = page(fail, 1)
  for (const run of [first, () => late('late'), method, arrow, async () => here()]) {
    const error: Error = await run().then(() => assert.fail('it does not throw'), (it: unknown) => it)
    const [, name, place] = /at (?:\w+\.)?(\w+) .*input\.tsx:(\d+:\d+)/.exec(error.stack ?? '') ?? []
    assert.equal(`${name} ${place}`, error.message, error.stack)
  }
}
