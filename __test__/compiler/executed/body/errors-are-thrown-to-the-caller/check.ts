import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, toBrowser }) => {
  const { declared, unexpected } = page(7)
  const held = await toBrowser({ declared, unexpected })
  await assert.rejects(declared(), { message: 'taken' })
  await assert.rejects(held.declared(), { message: 'taken', code: 'taken', data: { id: 7 } })
  await assert.rejects(unexpected(), { name: 'RangeError', message: 'secret of 7' })
  await assert.rejects(held.unexpected(), (error: Error) => !error.message.includes('secret'))
}
