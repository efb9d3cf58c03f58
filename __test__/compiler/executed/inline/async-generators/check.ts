import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page } }) => {
  const { method, expression } = page(2)
  const all = async (values: AsyncIterable<unknown>): Promise<unknown[]> => {
    const seen = []
    for await (const value of values) seen.push(value)
    return seen
  }
  assert.deepEqual(await all(method(4)), [2, 3, 4])
  assert.deepEqual(await all(expression(9)), [2, 9])
}
