import assert from 'node:assert/strict'

import type { Check } from '../../../case.ts'

export const check: Check = async ({ module: { page }, call, actions }) => {
  const save = page(1, { fromObject: 'o', deep: ['a', 'b', 'c'], x: 1, y: 2 }, undefined, 'r1', 'r2')
  assert.deepEqual(await call(save, 'own'), [
    1, 'o', 'a', ['b', 'c'], { x: 1, y: 2 }, 2, ['r1', 'r2'], 'var', 'let', 'const', 'renamed', 'second', 'own', 'module',
  ])
  assert.deepEqual(actions[0]!.captures, [
    'parameter', 'fromObject', 'inArray', 'others', 'rest', 'byDefault', 'all', 'aVar', 'aLet', 'aConst', 'local', 'second',
  ])
}
