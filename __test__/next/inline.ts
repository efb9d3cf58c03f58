/** Inline actions: where they stand, which form they have, what is in their bodies. Some of it is wrong on purpose. */

import { params, type Source } from './grammar.ts'

/** One statement of a module with an inline action somewhere in it. */
export function inlineStatement(from: Source): string {
  if (from.chance(0.15)) return moduleLevel(from)
  return component(from, from.times(1, 2, () => holder(from)).join('\n'))
}

function moduleLevel(from: Source): string {
  const name = from.name('m')
  return from.one(
    () => declaration(from, name),
    () => `export ${declaration(from, name)}`,
    () => `const ${name} = ${expression(from)}`,
    () => `export const ${name} = ${expression(from)}, ${from.name('n')} = ${expression(from)}`,
    () => `const ${name} = wrap(${expression(from)})`,
    () => `export const ${name} = { ${method(from)}, ${method(from)} }`,
    () => `if (wrap) {\n  const inner = 1\n  ${holder(from)}\n}`,
    () => `for (const item of wrap.items) {\n  ${holder(from)}\n}`,
    () => aClass(from),
  )
}

/** A function around `statements`, with variables to capture. */
function component(from: Source, statements: string): string {
  const name = from.name('Page')
  const head = from.one(
    () => `function ${name}({ user, id = 1 }${from.type(': any')})`,
    () => `async function ${name}(user${from.type(': any')}, id${from.type(': any')})`,
    () => `export function ${name}(user${from.type(': any')}, { id, nested: { deep } }${from.type(': any')})`,
    () => `const ${name} = async ({ user, id }${from.type(': any')}) =>`,
    () => `export const ${name} = (user${from.type(': any')}, id${from.type(': any')}) =>`,
  )
  const variables = 'const count = id + 1\n  let { items: [item], rest = [] } = user'
  return `${head} {\n  ${variables}\n  ${statements}\n  return ${element(from)}\n}`
}

function element(from: Source): string {
  const value = from.chance(0.4) ? expression(from) : 'item'
  return from.hasJsx ? `<form action={${value}}>{count}</form>` : `[${value}, count]`
}

/** A statement inside a function. */
function holder(from: Source): string {
  const name = from.name('v')
  if (from.slips(0.05)) return `const ${name} = () => ${from.pick(['this', 'arguments'])}`
  return from.one(
    () => declaration(from, name),
    () => declaration(from, name),
    () => `const ${name} = ${expression(from)}`,
    () => `const ${name} = ${expression(from)}`,
    () => `let ${name}\n  ${name} = ${expression(from)}`,
    () => `wrap(${expression(from)}, count)`,
    () => `const ${name} = [${expression(from)}, ${expression(from)}]`,
    () => `const ${name} = { ${method(from)}, other: 1 }`,
    () => `const ${name} = id ? ${expression(from)} : null`,
    () => `const { ${name} = ${expression(from)} } = user`,
    () => `function ${name}(run = ${expression(from)}) { return run }`,
    () => `const ${name} = user?.map?.((each) => {\n    const copy = each\n    ${holder(from)}\n    return copy\n  })`,
    () => `for (const each of rest) {\n    ${holder(from)}\n  }`,
    () => `for (let at = 0; at < 3; at++) {\n    ${holder(from)}\n  }`,
    () => `try {\n    wrap()\n  } catch (error) {\n    ${holder(from)}\n  }`,
    () => `if (id) {\n    ${holder(from)}\n  } else {\n    wrap()\n  }`,
    () => `switch (id) {\n    case 1: {\n      ${holder(from)}\n    }\n  }`,
    () => (from.hasJsx ? `const ${name} = <button formAction={${expression(from)}} data-id={id}>{user.name}</button>` : `wrap()`),
    () => aClass(from),
  )
}

function declaration(from: Source, name: string): string {
  const kind = functionKind(from)
  return `${kind} ${name}(${params(from)})${from.maybe(0.1, from.type(': Promise<any>'))} ${body(from)}`
}

/** Mostly `async`, as it has to be. */
function functionKind(from: Source): string {
  return from.slips() ? from.pick(['function', 'function*']) : from.pick(['async function', 'async function', 'async function', 'async function*'])
}

function expression(from: Source): string {
  return from.one(
    () => `async (${params(from)}) => ${body(from)}`,
    () => `async (${params(from)}) => ${body(from)}`,
    () => `async ${from.name('p')} => ${body(from)}`,
    () => `(async () => ${body(from)})`,
    () => `${functionKind(from)} (${params(from)}) ${body(from)}`,
    () => `${functionKind(from)} ${from.name('own')}(${params(from)}) ${body(from)}`,
    () => `${from.slips(0.8) ? '' : 'async '}(${params(from)}) => ${body(from)}`,
    () => `wrap(async () => ${body(from)})`,
    () => (from.hasTypes ? `(async () => ${body(from)}) as any` : `async () => ${body(from)}`),
  )
}

function method(from: Source): string {
  const name = from.name('k')
  if (from.slips()) return `${from.pick(['', 'get ', '*', 'set '])}${name}(${from.maybe(0.3, 'value')}) ${body(from)}`
  return from.one(
    () => `async ${name}(${params(from)}) ${body(from)}`,
    () => `async *${name}() ${body(from)}`,
    () => `async ['${name}']() ${body(from)}`,
    () => `async '${name} x'() ${body(from)}`,
    () => `async ${name.slice(1)}() ${body(from)}`,
    () => `${name}: ${expression(from)}`,
  )
}

function aClass(from: Source): string {
  const name = from.name('k')
  const member = from.slips(0.4) ? wrongMember(from, name) : from.one(
    () => `static async ${name}(${params(from)}) ${body(from)}`,
    () => `static async ${name}(${params(from)}) ${body(from)}`,
    () => `static async *${name}() ${body(from)}`,
    () => `${name} = ${expression(from)}`,
    () => `static ${name} = ${expression(from)}`,
    () => `static { wrap(${expression(from)}) }`,
    () => `static async #${name}() ${body(from)}\n    static run() { return this.#${name} }`,
  )
  return `class ${from.name('C')} {\n    ${member}\n  }`
}

function wrongMember(from: Source, name: string): string {
  const head = from.pick([`async ${name}`, `static get ${name}`, `get ${name}`, `static ${name}`, `static *${name}`, 'constructor'])
  return `${head}() ${body(from)}`
}

/** The body of an action: its directive, then what uses something. */
function body(from: Source): string {
  return `{\n    ${[directive(from), ...from.times(0, 2, () => use(from))].join('\n    ')}\n  }`
}

const DIRECTIVES = [
  `'use strict'; "use server"`, `/* first */ 'use server'`, `'use server'; 'use server'`, `"use\\x20server"`, `'use other'; 'use server'`,
]

const MISTAKES = [
  `('use server')`, `(('use server'))`, `wrap(); 'use server'`, `wrap(); ('use server')`, '`use server`', `{ 'use server' }`,
  `'use servr'`, `'use Server'`, `'USE SERVER'`, `'use action'`, `'use server', wrap()`, `'use client'`, `const x = 'use server'`,
]

function directive(from: Source): string {
  if (from.slips()) return from.pick(MISTAKES)
  return from.chance(0.85) ? from.pick([`'use server'`, `"use server";`]) : from.pick(DIRECTIVES)
}

function use(from: Source): string {
  if (from.slips(0.1)) return from.pick(['this.x', '(() => this)()', 'arguments.length', '(() => arguments[0])()', 'super.x', 'new.target'])
  return from.one(
    () => 'return id',
    () => 'wrap(user.name, user?.deep?.name, count)',
    () => `const ${from.name('local')} = user[id]`,
    () => `try { wrap(item) } catch { label: for (;;) break label }`,
    () => `return { id, user }`,
    () => 'user.name = count',
    () => 'count++',
    () => `wrap(function () { return [this, arguments] })`,
    () => `wrap({ a() { return [super.b, this] }, ${from.maybe(0.3, 'get c() { return super.d }')} })`,
    () => `wrap({ arguments: 1 }.arguments, import.meta.url)`,
    () => `const ${from.name('run')} = ${expression(from)}`,
    () => declaration(from, from.name('nested')),
    () => `class ${from.name('L')} { x = this }`,
    () => 'typeof rest',
    () => (from.hasJsx ? 'return <p title={user.name}>{item}</p>' : 'return `${user} ${tag`x`}`'),
    () => (from.hasTypes ? `const ${from.name('t')}: typeof user = item as unknown as string` : 'wrap(...rest)'),
  )
}
