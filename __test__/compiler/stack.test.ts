/** The deepest source that is accepted compiles on every kind of thread; one level more is a diagnostic. */

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Worker } from 'node:worker_threads'

import { transform, transformSync, type TransformOptions } from 'errand'

/** What opens a level, what is innermost, what closes a level. */
type Form = [open: string, inner: string, close: string]

const JAVASCRIPT: Record<string, Form> = {
  arrays: ['[', '1', ']'],
  parentheses: ['(', '1', ')'],
  blocks: ['{', '1', '}'],
  objects: ['({a:', '1', '})'],
  arrows: ['a=>', '1', ''],
  'arrows in parentheses': ['(a)=>(', '1', ')'],
  'async arrows': ['async()=>{', '1', '}'],
  actions: ["async()=>{'use server';", '1', '}'],
  functions: ['(function(){', '1', '})'],
  defaults: ['(a=', '1', ')=>1'],
  'binary chains': ['a+', '1', ''],
  exponents: ['a**', '1', ''],
  assignments: ['a=', '1', ''],
  'unary chains': ['!', '1', ''],
  'member chains': ['a.', 'b', ''],
  'optional chains': ['a?.', 'b', ''],
  calls: ['f(', '1', ')'],
  'chained calls': ['f', '', '()'],
  'new chains': ['new ', 'A', ''],
  'template literals': ['`${', '1', '}`'],
  conditionals: ['a?b:', '1', ''],
  'conditionals in the middle': ['a?', '1', ':b'],
  elements: ['<a>', '1', '</a>'],
  'elements in attributes': ['<a b={', '1', '}/>'],
  'if chains': ['if(a){}else ', ';', ''],
  loops: ['for(;;)', ';', ''],
  'do loops': ['do ', ';', ' while(1)'],
  labels: ['l:', ';', ''],
  classes: ['(class{[', '1', ']})'],
  fields: ['(class{a=', '1', '})'],
  'static blocks': ['class A{static{', '1', '}}'],
  'object patterns': ['({a:', 'b', '})=>1'],
  'array patterns': ['([', 'b', '])=>1'],
  decorators: ['@(class{@a b(){', '1', '}}) class A{}'],
}

const TYPESCRIPT: Record<string, Form> = {
  'type arguments': ['A<', 'B', '>'],
  'type arguments behind a comma': ['A<B,', 'C', '>'],
  'types in parentheses': ['(', 'A', ')'],
  'conditional types': ['A extends B?C:', 'D', ''],
  'inferred types': ['A extends infer B?', 'C', ':D'],
  unions: ['A|', 'B', ''],
  intersections: ['A&', 'B', ''],
  'function types': ['(a:', 'B', ')=>C'],
  'object types': ['{a:', 'B', '}'],
  'array types': ['A', '', '[]'],
  'indexed types': ['A[', 'B', ']'],
  'type operators': ['keyof ', 'A', ''],
  'template types': ['`${', 'A', '}`'],
}

const options: TransformOptions = { filename: 'a.tsx', target: 'server', sourceMap: true }

const nested = (before: string, [open, inner, close]: Form, levels: number): string => {
  // What follows a name is only closed, so that it has to be opened once.
  const opened = inner === '' ? open : open.repeat(levels)
  return `async function a() { 'use server' }\n${before}${opened}${inner}${close.repeat(levels)}`
}

const isTooDeep = (source: string): boolean =>
  transformSync(source, options).diagnostics.some(({ code }) => code === 'errand::too-deep')

/** The most levels that are accepted. */
function deepest(before: string, form: Form): number {
  let [accepted, refused] = [1, 32_768]
  assert(isTooDeep(nested(before, form, refused)), 'there is a limit')
  while (refused - accepted > 1) {
    const middle = (accepted + refused) >> 1
    if (isTooDeep(nested(before, form, middle))) refused = middle
    else accepted = middle
  }
  return accepted
}

const sources: string[] = []

for (const [before, forms] of [['', JAVASCRIPT], ['let b: ', TYPESCRIPT]] as const) {
  describe(before === '' ? 'JavaScript' : 'types', () => {
    for (const [name, form] of Object.entries(forms)) {
      test(name, () => {
        assert.deepEqual(transformSync(nested(before, form, 1), options).diagnostics, [])
        const levels = deepest(before, form)
        assert(levels >= 500, `${levels} levels is what people write`)
        sources.push(nested(before, form, levels), nested(before, form, levels + 1))
      })
    }
  })
}

describe('the same on', () => {
  const expected = (): boolean[] => sources.map((_, index) => index % 2 === 1)

  test('a thread of the pool', async () => {
    const results = await Promise.all(sources.map((source) => transform(source, options)))
    const refused = results.map(({ diagnostics }) => diagnostics.some(({ code }) => code === 'errand::too-deep'))
    assert.deepEqual(refused, expected())
  })

  for (const resourceLimits of [{}, { stackSizeMb: 1 }]) {
    test(`a worker thread with ${JSON.stringify(resourceLimits)}`, async () => {
      const code = `
        const { parentPort, workerData } = require('node:worker_threads')
        import(workerData.errand).then(({ transformSync }) => parentPort.postMessage(workerData.sources.map((source) =>
          transformSync(source, workerData.options).diagnostics.some(({ code }) => code === 'errand::too-deep'))))`
      const workerData = { errand: import.meta.resolve('errand'), sources, options }
      const worker = new Worker(code, { eval: true, execArgv: [], resourceLimits, workerData })
      const refused = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
      assert.deepEqual(refused, expected())
    })
  }
})
