import assert from 'node:assert/strict'

import { createElement } from 'react'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { Page, received }, html, submit }) => {
  const page = await html(createElement(Page, { ids: ['a', 'b'] }))
  const [first, second] = page.match(/<form.*?<\/form>/gs)!
  await submit(first!, { title: '1' })
  await submit(second!, { title: '2' })
  assert.deepEqual(received, [['a', '1'], ['b', '2']])
}
