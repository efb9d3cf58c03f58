import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { Page }, call }) => {
  const { props } = Page({ id: 1 })
  assert.deepEqual(await call(props.action, 'x'), ['action', 1, 'x'])
  assert.deepEqual(await call(props.children.props.formAction), ['formAction', 1])
  assert.deepEqual([props.action.name, props.children.props.formAction.name], ['action', 'formAction'])
}
