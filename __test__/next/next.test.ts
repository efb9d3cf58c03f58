/** Next's compiler and ours accept the same modules and find as many actions, but for the differences that are written down. */

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { DIFFERENCES } from './differences.ts'
import { moduleOf, type Module } from './modules.ts'
import { reduce } from './reduce.ts'
import { isAgreed, isLike, judge, tell } from './verdict.ts'

const FIXTURES = fileURLToPath(new URL('../../crates/compiler/tests/fixtures', import.meta.url))
/** `RUNS=20000 FIRST_SEED=5001 npm test -- node next` tries others. */
const MODULES = Number(process.env.RUNS ?? 5_000)
const FIRST = Number(process.env.FIRST_SEED ?? 1)
/** Of `MODULES`: below that, the generator has become too wild to count actions. */
const ACCEPTED = MODULES / 2

const hits = new Map(DIFFERENCES.map(({ name }) => [name, 0]))

test('on every fixture', () => {
  const inputs = readdirSync(FIXTURES, { recursive: true, encoding: 'utf8' }).filter((path) => /^input\.\w+$/.test(basename(path)))
  assert.ok(inputs.length > 50)
  const unexplained = inputs.flatMap((path) => {
    const module = { filename: basename(path), code: readFileSync(join(FIXTURES, path), 'utf8') }
    return compare(module).map((text) => `${relative('.', join(FIXTURES, path))}\n${text}`)
  })
  assert.equal(unexplained.join('\n\n'), '')
})

test(`on ${MODULES} generated modules`, () => {
  const unexplained: string[] = []
  let accepted = 0
  for (let seed = FIRST; seed < FIRST + MODULES && unexplained.length < 5; seed++) {
    const module = moduleOf(seed)
    unexplained.push(...compare(module, () => (accepted += 1)).map((text) => `seed ${seed}, reduced: ${text}`))
  }
  assert.equal(unexplained.join('\n\n'), '')
  assert.ok(accepted > ACCEPTED, `both accept ${accepted}`)
})

test('every difference is needed', { skip: FIRST !== 1 || MODULES < 5_000 }, () => {
  const unneeded = [...hits].filter(([, count]) => count === 0).map(([name]) => name)
  assert.deepEqual(unneeded, [])
})

/** The unexplained differences of one module, as small as they get. */
function compare(module: Module, accept: () => void = () => {}): string[] {
  let whole = judge(module)
  if (isAgreed(whole) && !whole.ours.isRefused) accept()
  // One difference may hide another: what is explained is taken out, and the rest compared again.
  while (!isAgreed(whole)) {
    const { rest, ...smallest } = reduce(whole, (it) => isLike(judge(it), whole))
    const difference = judge(smallest)
    const explanation = DIFFERENCES.find((it) => it.explains(difference))
    if (!explanation) return [tell(difference)]
    hits.set(explanation.name, hits.get(explanation.name)! + 1)
    if (!rest) return []
    whole = judge(rest)
  }
  return []
}
