/** Modules from a grammar of everything that a `"use server"` compiler looks at, and of what is nearly that. */

import { params, Source } from './grammar.ts'
import { inlineStatement } from './inline.ts'

export interface Module {
  filename: string
  code: string
}

/** The module of `seed`; the same one always. */
export function moduleOf(seed: number): Module {
  const from = new Source(seed)
  const isFileLevel = from.chance(0.5)
  const statements = from.times(1, 5, () => {
    if (from.chance(0.12)) return plain(from)
    return from.chance(isFileLevel ? 0.85 : 0.12) ? exported(from) : inlineStatement(from)
  })
  const only = onlyOneDefault(statements)
  const code = `${head(from, isFileLevel)}${only.join('\n')}\n`
  return { filename: `module.${from.extension}`, code }
}

function head(from: Source, isFileLevel: boolean): string {
  const start = `${from.maybe(0.03, '#!/usr/bin/env node\n')}${from.maybe(0.1, '/* a comment */\n// and one more\n')}`
  const usual = isFileLevel ? `${from.pick([`'use server'`, `"use server";`])}\n` : ''
  return `${start}${from.slips(0.3) ? from.pick(HEADS) : usual}import { wrap } from './wrap'\n`
}

const HEADS = [
  `'use strict'\n'use server'\n`, `'use server'\n'use server'\n`, `'use\\u0020server'\n`, `('use server')\n`, `(('use server'))\n`,
  '`use server`\n', `import './first'\n'use server'\n`, `import './first'\n('use server')\n`, `'use client'\n`, `'use client'\n'use server'\n`,
  `'use server'\n'use client'\n`, `'use sever'\n`, `'use server '\n`, `'Use Server'\n`, `'USE SERVER'\n`, `'use action'\n`,
  `'use server', 1\n`, `{ 'use server' }\n`, `'use unknown'\n'use server';\n`,
]

/** A second default would be a syntax error, and nothing else would be compared. */
function onlyOneDefault(statements: string[]): string[] {
  const isDefault = (it: string): boolean => /^export default|as default\b/m.test(it)
  return statements.filter((it, at) => !isDefault(it) || statements.findIndex(isDefault) === at)
}

function plain(from: Source): string {
  const name = from.name('x')
  return from.one(
    () => `const ${name} = 1`,
    () => `function ${name}() { return this }`,
    () => `class ${name} {}`,
    () => `import * as ${name} from './all'`,
    () => `wrap(() => '${name}')`,
    () => (from.chance(0.8) ? `const ${name} = wrap` : newSyntax(from, name)),
    () => (from.hasTypes ? `export type ${name} = string\nexport interface ${name}I { a: 1 }` : `var ${name}`),
    () => (from.hasTypes ? `declare function ${name}(): void\nexport declare const ${name}d: number` : `;`),
    () => (from.hasTypes && from.slips() ? `namespace ${name} { 'use server'; export const a = 1 }` : `if (wrap) wrap()`),
    () => (from.hasTypes ? `import type { ${name} } from './types'\nexport type { ${name} }` : `void 0`),
  )
}

/** What parsers may not be set up for. */
function newSyntax(from: Source, name: string): string {
  return from.one(
    () => (from.hasTypes ? `@wrap class ${name} {}` : `function ${name}() { using own = wrap() }`),
    () => (from.hasJsx ? `function ${name}() { return <svg:g a:b="c" /> }` : `const ${name} = /x/v`),
    () => `await using ${name} = wrap()`,
    () => `using ${name} = wrap()`,
  )
}

/** Something exported. */
function exported(from: Source): string {
  const name = from.name()
  if (from.slips(0.15)) return wrong(from, name)
  return from.one(
    () => `export async function ${name}(${params(from)}) { return 1 }`,
    () => `export async function ${name}(${params(from)}) { ${ofCaller(from)} }`,
    () => `export async function* ${name}() {}`,
    () => `export ${from.pick(['const', 'let', 'var'])} ${name} = ${value(from)}`,
    () => `export ${from.pick(['const', 'let', 'var'])} ${name} = ${value(from)}`,
    () => `export const ${name} = ${value(from)}, ${from.name()} = ${value(from)}`,
    () => `export let ${name}${from.maybe(0.5, `\n${name} = async () => {}`)}`,
    () => pattern(from),
    () => `export default ${defaultValue(from)}`,
    () => list(from, name),
    () => list(from, name),
    () => (from.hasTypes ? typescript(from, name) : `export async function ${name}() {}`),
  )
}

/** What depends on how a function is called. */
function ofCaller(from: Source): string {
  if (from.slips()) return from.pick(['return this', 'return arguments', 'return () => [this, arguments]', 'return new.target'])
  return from.maybe(0.3, 'return function () { return [this, arguments] }')
}

function wrong(from: Source, name: string): string {
  return from.one(
    () => `export ${from.pick(['function', 'function*'])} ${name}() {}`,
    () => fromElsewhere(from, name),
    () => fromElsewhere(from, name),
    () => `export class ${name} {}`,
    () => `export const ${name} = async () => {}\nexport { wrap as ${name} }`,
    () => `export default ${from.pick([`function ${name}() {}`, `class ${name} {}`, 'class {}', 'function () {}'])}`,
    () => from.pick([`module.exports = { ${name}: async () => {} }`, `exports.${name} = async () => {}`]),
    () => (from.hasTypes ? wrongTypescript(from, name) : `export * from './${name}'`),
  )
}

/** What a variable is initialised with. */
function value(from: Source): string {
  if (!from.slips(0.3)) {
    return from.one(
      () => from.pick(from.hasTypes ? [...CALLABLE, ...CALLABLE_TYPED] : CALLABLE),
      () => `async (${params(from)}) => { ${ofCaller(from)} }`,
      () => `async (${params(from)}) => wrap()`,
      () => `async function (${params(from)}) {}`,
      () => `async function* ${from.name('own')}() {}`,
      () => `wrap(async () => {})`,
    )
  }
  return from.pick([...NOT_CALLABLE, ...(from.hasTypes ? NOT_CALLABLE_TYPED : []), ...(from.hasJsx ? ['<p />', '<></>'] : [])])
}

const CALLABLE = ['wrap', 'wrap.inner', 'wrap?.inner', 'wrap()', 'wrap(1)(2)', 'wrap.inner(async () => {})', 'globalThis.fn', `(async () => { 'use server' })`]
const CALLABLE_TYPED = ['wrap as any', 'wrap!', 'wrap<string>(1)']
const NOT_CALLABLE = [
  '(async () => {})', '(async function () {})', '((async () => {}))', 'wrap`x`', 'new wrap()', '() => {}', 'function () {}', 'function* () {}',
  '(() => {})', '1', `'text'`, 'true', 'null', '/x/', '`text`', '10n', '-1', '{ a: 1 }', '[1]', 'class {}', 'await wrap()',
  'wrap ? async () => {} : wrap', 'wrap || (async () => {})', 'wrap + 1', '(0, wrap)', 'undefined', `import('./x')`,
]
const NOT_CALLABLE_TYPED = ['(async () => {}) as any', '(async () => {}) satisfies unknown', '1 as number', '(() => {}) as any']

function pattern(from: Source): string {
  const [a, b, c] = [from.name(), from.name(), from.name()]
  const target = from.pick([
    `{ ${a} }`, `{ ${a}, x: ${b}, ...${c} }`, `[${a}, , ${b}]`, `[${a} = wrap, ...${b}]`, `{ x: { y: [${a}] }, ${b} = 1 }`,
  ])
  return `export const ${target} = ${from.pick(['wrap', 'wrap()', 'wrap.all'])}`
}

function defaultValue(from: Source): string {
  return from.one(
    () => `async function ${from.name()}(${params(from)}) {}`,
    () => `async function () {}`,
    () => `async function* () {}`,
    () => `async (${params(from)}) => {}`,
    () => value(from),
    () => value(from),
  )
}

/** A local thing and a list that exports it. */
function list(from: Source, name: string): string {
  const local = from.one(
    () => `async function ${name}(${params(from)}) {}`,
    () => `const ${name} = ${value(from)}`,
    () => `let ${name} = async () => {}\n${name} = wrap()`,
    () => `import { ${name} } from './elsewhere'`,
    () => `import ${name} from './elsewhere'`,
    () => (from.slips() ? noFunction(from, name) : `async function* ${name}() {}`),
    () => `const { ${name} } = wrap`,
  )
  const other = from.name()
  const names = from.pick([
    name, `${name} as ${other}`, `${name} as 'a ${other}'`, `${name} as delete`, `${name} as default`, `${name}, ${name} as ${other}`,
  ])
  return `${local}\nexport { ${names} }`
}

const noFunction = (from: Source, name: string): string =>
  from.pick([`import * as ${name} from './elsewhere'`, `function ${name}() {}`, `class ${name} {}`])

function fromElsewhere(from: Source, name: string): string {
  return from.one(
    () => `export { ${name} } from './elsewhere'`,
    () => `export { default as ${name} } from './elsewhere'`,
    () => `export * from './elsewhere${name}'`,
    () => `export * as ${name} from './elsewhere'`,
    () => `export {}`,
    () => (from.hasTypes ? `export type { ${name} } from './types'` : `export {} from './elsewhere'`),
    () => (from.hasTypes ? `export type * from './types'` : `import './elsewhere'`),
  )
}

function typescript(from: Source, name: string): string {
  return from.pick([
    `export namespace ${name} { export type A = 1 }`,
    `export async function ${name}(a: string): Promise<void>\nexport async function ${name}(a: unknown): Promise<void> {}`,
    `export async function ${name}<T extends object>(this: void, a: T): Promise<T> { return a }`,
    `export const ${name} = async <T,>(a: T): Promise<T> => a`,
    `interface ${name} {}\nexport { type ${name} }`,
    `export default interface ${name} {}`,
  ])
}

function wrongTypescript(from: Source, name: string): string {
  return from.pick([
    `export enum ${name} { A }`,
    `export const enum ${name} { A }`,
    `export namespace ${name} { export const a = 1 }`,
    `export abstract class ${name} {}`,
    `export = { ${name}: async () => {} }`,
    `export import ${name} = wrap.inner`,
    `interface ${name} {}\nexport { ${name} }`,
  ])
}
