/**
 * Where we and Next mean to differ. A module on which the two disagree is first reduced to its smallest, then one of
 * these has to explain what is left; each must be needed by some module.
 */

import ts from 'typescript'

import { parse } from './reduce.ts'
import type { Case } from './verdict.ts'

export interface Difference {
  name: string
  reason: string
  explains(it: Case): boolean
}

const ONLY_ASYNC = 'Only async functions are allowed to be exported in a "use server" file.'

const weAccept = (it: Case, nextSays: string | RegExp): boolean =>
  !it.ours.isRefused && it.next.isRefused && (typeof nextSays === 'string' ? it.next.why === nextSays : nextSays.test(it.next.why))

const weRefuse = (it: Case, code: string): boolean => it.ours.isRefused && !it.next.isRefused && it.ours.errors === code

/** The code with directives as they mostly are: without escapes, comments and other directives before. */
const text = ({ code }: Case): string =>
  code.replace(/\\x20|\\u0020/g, ' ').replace(/\/\*.*?\*\/ ?/g, '').replace(/'use (strict|other)'; ?/g, '')

const bothAccept = (it: Case): boolean => !it.ours.isRefused && !it.next.isRefused

const isActionFile = (it: Case): boolean =>
  /^(\s|#!.*|\/\*[^]*?\*\/|\/\/.*|'use \w+';?)*['"]use server['"]/.test(text(it))

/** What only our `action()` has. */
const POLICIES: Difference[] = [
  {
    name: 'policies',
    reason:
      'To Next `action()` is any function: what is handed to it may be an action of its own, and may use `arguments`. Here it ' +
      'is the body of the one action that it makes, which is called with what the rules let through; and rules inside ' +
      'of a component would be made anew with each rendering.',
    explains: (it) =>
      it.code.includes("import { action } from 'errand/server'") &&
      (weRefuse(it, 'policy-in-function') || weRefuse(it, 'arguments-in-action') || weRefuse(it, 'this-in-action') || (bothAccept(it) && it.next.actions === it.ours.actions + 1)),
  },
]

/** What Next accepts as it is, refuses without need, or counts in another way. */
const EXPORTS: Difference[] = [
  {
    name: 'several names',
    reason: 'Of the names under which one function is exported Next keeps the last; importing another one gives `undefined`.',
    explains: (it) => bothAccept(it) && isActionFile(it) && it.ours.actions - it.next.actions === furtherNames(it),
  },
  {
    name: 'what may be a function',
    reason:
      'Next refuses a default export that is a function in parentheses, a member, an `await`, a conditional, a logical ' +
      'operation, an assignment, a tagged template or an object; and a literal that is replaced later. Each may be a ' +
      'function: what is seen to be one is one, the others are checked when the module loads.',
    explains: (it) =>
      weAccept(it, ONLY_ASYNC) && isActionFile(it) &&
      /^export (let|var) (\w+) = .*\n\2 = |^export default (\(|await |new |\w+`|[\w.]+ ([?=]|\|\||&&|\?\?) |\w+(\??\.\w+)+;?\s*$)/m.test(text(it)),
  },
  {
    name: 'no function',
    reason: 'What can be seen to be no function is refused here when compiling; there, the module throws when it is loaded.',
    explains: (it) => weRefuse(it, 'not-a-function') && isActionFile(it) && exportsNoFunction(it),
  },
  {
    name: 'sync function in parentheses',
    reason: 'Parentheses hide from Next that a function is not async.',
    explains: (it) =>
      weRefuse(it, 'async-required') && isActionFile(it) && /[\w\s]= *\(+(\(.*\) =>|function\b)/.test(text(it)),
  },
  {
    name: 'function with a directive in parentheses',
    reason: "In an action file, such an export is two actions to Next: the function that it lifted, and the export's own.",
    explains: (it) =>
      bothAccept(it) && isActionFile(it) && it.next.actions > it.ours.actions &&
      it.next.actions - it.ours.actions === countOf(it, /[\w\s]= *\(+async .*\{\s*['"]use server['"]/g),
  },
  {
    name: 'alias of a namespace member',
    reason: '`export import a = b.c` is syntax of TypeScript, which Next erases before it looks. It is rare enough to be refused.',
    explains: (it) => weRefuse(it, 'commonjs') && isActionFile(it) && /^export import \w+ = \w+\.\w+/m.test(text(it)),
  },
  {
    name: 'CommonJS',
    reason:
      'Exports of a CommonJS module make no actions, in silence, in Next; and an inline action there would be exported by ' +
      '`export`. Both are errors here.',
    explains: (it) =>
      weRefuse(it, 'commonjs') &&
      (/^(module\.)?exports\b|^export = /m.test(text(it)) || it.filename.endsWith('.cjs')),
  },
]

const DIRECTIVES: Difference[] = [
  {
    name: 'two pairs of parentheses',
    reason: 'One pair around the directive is an error in both; two are nothing to Next, and the code would reach the browser.',
    explains: (it) => weRefuse(it, 'not-a-directive') && /\(\(['"]use server['"]\)\)/.test(text(it)),
  },
  {
    name: 'in a constructor',
    reason: 'A directive in a constructor means nothing to Next, in silence, and so do parentheses around it and mistakes.',
    explains: (it) =>
      ['instance-method', 'not-a-directive', 'misspelled-directive', 'misplaced-directive'].some((code) => weRefuse(it, code)) &&
      /constructor\(.*\) \{\s*(wrap\(\); )?\(?['"]use \w+['"]/i.test(text(it)),
  },
  {
    name: 'in client code',
    reason:
      'On the server Next makes references of a "use client" file and looks at nothing in it; here each target ' +
      'says the same.',
    explains: (it) =>
      it.ours.isRefused && !it.next.isRefused && it.next.actions === 0 &&
      /^(#!.*\n|\s|\/\*[^]*?\*\/|\/\/.*)*['"]use client['"]/.test(text(it)),
  },
  {
    name: 'misspelled beyond recognition',
    reason: 'Whether a file is worth parsing is a search for the words; `use action` and `Use Server` alone are not found by it.',
    explains: (it) => weAccept(it, /^Did you mean "use server"\? "(use action|[uU]se Server)"/) && !hasWords(it),
  },
]

const BODIES: Difference[] = [
  {
    name: 'super in an accessor',
    reason: 'An object in an action may have methods that use `super`; of accessors Next thinks otherwise.',
    explains: (it) =>
      weAccept(it, 'Server Actions cannot use `super`.') &&
      /\bget \w+\(\) \{ return super\./.test(text(it)),
  },
  {
    name: 'this behind an action',
    reason: 'Behind an inline action, Next takes every arrow function of the same function for a part of it.',
    explains: (it) => {
      const word = /^Server Actions cannot use `(this|super|arguments)`\.$/.exec(it.next.why)?.[1]
      return word !== undefined && weAccept(it, it.next.why) && text(it).includes('use server') && !isInAction(it, word)
    },
  },
  {
    name: 'new.target',
    reason: 'An action is never called by `new`; Next moves `new.target` out of its function, where it means another one.',
    explains: (it) => weRefuse(it, 'new-target-in-action') && /new\.target/.test(text(it)),
  },
  {
    name: 'private names',
    reason: 'Next moves the function out of its class and leaves the private name in it, which is a syntax error there.',
    explains: (it) => weRefuse(it, 'private-name-in-action') && /#\w+/.test(text(it)),
  },
  {
    name: 'actions that call each other',
    reason: "An action with captures that calls another one of its function calls it without the captures, in Next's output.",
    explains: (it) => weRefuse(it, 'recursive-actions'),
  },
]

/** What the rest of Next's compiler, or its settings, add. */
const SYNTAX: Difference[] = [
  {
    name: 'a name exported twice',
    reason: "That is a syntax error, which Next's parser doesn't look for in its own pass: another step refuses the module.",
    explains: (it) => weRefuse(it, 'syntax') && isActionFile(it) && namesExportedTwice(it) > 0,
  },
  {
    name: 'decorators',
    reason: "Next parses decorators when the project's tsconfig.json switches on the experimental ones; here they always are.",
    explains: (it) => weAccept(it, /^(Expression expected|Unexpected token `@`.*)$/) && /@\w+/.test(text(it)),
  },
  {
    name: 'using',
    reason: 'Next switches `using` off in JavaScript.',
    explains: (it) =>
      weAccept(it, /^(Using declaration is not enabled.*|Expected ';', got 'ident')$/) &&
      /\busing \w+/.test(text(it)),
  },
  {
    name: 'using at the top',
    reason: 'In TypeScript Next lowers `using` at the top of a module before it looks; it finds no directive and no exports.',
    explains: (it) =>
      !it.next.isRefused && it.next.actions === 0 && /^\(?['"]use \w+['"]/m.test(text(it)) && /^(await )?using \w+/m.test(text(it)),
  },
  {
    name: 'names with a colon in JSX',
    reason: 'React has none, and Next refuses them; what they are compiled to is for another step to say.',
    explains: (it) => weAccept(it, /^JSX Namespace is disabled by default/) && /[\w]:[\w]/.test(text(it)),
  },
  {
    name: '.mts and .cts',
    reason: 'Next parses files of these extensions as JavaScript, without types.',
    explains: (it) => weAccept(it, /^(?!Server|Only)/) && /\.[mc]ts$/.test(it.filename),
  },
  {
    name: 'in a namespace',
    reason: 'Types are erased before Next looks: the body of a namespace is then a function, and a directive in it is one of that.',
    explains: (it) =>
      weAccept(it, 'Server Actions must be async functions.') &&
      /namespace \w+ \{\s*['"]use server['"]/.test(text(it)),
  },
  {
    name: 'nothing of ours',
    reason: "A file without the directive isn't parsed here: its syntax errors are reported by whoever parses it next.",
    explains: (it) => weAccept(it, /^(?!Server|Only|Did you)/) && !/['"`]use.{1,6}server/.test(text(it)),
  },
]

export const DIFFERENCES: readonly Difference[] = [...POLICIES, ...EXPORTS, ...DIRECTIVES, ...BODIES, ...SYNTAX]

const hasWords = ({ code }: Case): boolean => code.includes('use server')

const countOf = (it: Case, pattern: RegExp): number => [...text(it).matchAll(pattern)].length

/** How many exported names stand for what was exported under another one before. */
const furtherNames = (it: Case): number => repeated(exportsOf(it).map(({ local }) => local))

const namesExportedTwice = (it: Case): number => repeated(exportsOf(it).map(({ name }) => name))

const repeated = (names: string[]): number => names.length - new Set(names).size

/** What is exported from the module itself: as which name, and what it is called inside. */
function exportsOf({ filename, code }: Case): { local: string; name: string }[] {
  return parse({ filename, code }).statements.flatMap((it) => {
    if (ts.isExportAssignment(it)) return [{ local: it.expression.getText(), name: 'default' }]
    if (ts.isExportDeclaration(it) && !it.moduleSpecifier && it.exportClause && ts.isNamedExports(it.exportClause)) {
      return it.exportClause.elements.map(({ name, propertyName }) => ({ local: (propertyName ?? name).text, name: name.text }))
    }
    if (!ts.canHaveModifiers(it) || !it.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return []
    const isDefault = it.modifiers.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword)
    const names = ts.isVariableStatement(it) ? it.declarationList.declarations.map(({ name }) => name.getText()) : []
    const own = ts.isFunctionDeclaration(it) && it.name ? [it.name.text] : names
    return own.map((name) => ({ local: name, name: isDefault ? 'default' : name }))
  })
}

/** Whether something that certainly is no function is among the exports. */
function exportsNoFunction({ code }: Case): boolean {
  const value = /((?<![=!])= *|export default +)(\[|\{|`|<|new |undefined\b|-|class\b|\d|import\(|['"/]|true|false|null|wrap \+|\w+ as number)/
  return value.test(code) || /export (const )?(enum|namespace) /.test(code) || /import \* as|class \w+|= class/.test(code)
}

/** Whether a `word` belongs to an action: arrow functions have none of their own. */
function isInAction({ filename, code }: Case, word: string): boolean {
  const file = parse({ filename, code })
  const found: ts.Node[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isToken(node) || ts.isIdentifier(node)) {
      if (node.getText(file) === word) found.push(node)
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return found.some((node) => {
    for (let at = node.parent; at; at = at.parent) {
      if (!ts.isFunctionLike(at) && !ts.isClassStaticBlockDeclaration(at)) continue
      const [first] = 'body' in at && at.body && ts.isBlock(at.body) ? at.body.statements : []
      if (first && isDirective(first)) return true
      if (!ts.isArrowFunction(at)) return false
    }
    return false
  })
}

const isDirective = (statement: ts.Statement): boolean =>
  ts.isExpressionStatement(statement) && ts.isStringLiteral(statement.expression) && statement.expression.text === 'use server'
