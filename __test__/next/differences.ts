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

const bothAccept = (it: Case): boolean => !it.ours.isRefused && !it.next.isRefused

const isActionFile = ({ code }: Case): boolean => /^(\s|#!.*|\/\*[^]*?\*\/|\/\/.*|'use \w+';?)*['"]use server['"]/.test(code)

/** What Next accepts as it is, refuses without need, or counts in another way. */
const EXPORTS: Difference[] = [
  {
    name: 'several names',
    reason: 'Next keeps only the last of the names under which one function is exported; importing another one gives `undefined`.',
    explains: (it) => bothAccept(it) && isActionFile(it) && it.ours.actions - it.next.actions === furtherNames(it),
  },
  {
    name: 'default of an expression',
    reason:
      'Next refuses a default export that is a function in parentheses, a member, an `await`, a conditional, a logical operation or an assignment. ' +
      'Each may be a function: what is seen to be one is one, the others are checked when the module loads.',
    explains: (it) =>
      weAccept(it, ONLY_ASYNC) && isActionFile(it) && /^export default (\(|await |[\w.]+ ([?=]|\|\||&&|\?\?) |\w+(\??\.\w+)+;?\s*$)/m.test(it.code),
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
      weRefuse(it, 'async-required') && isActionFile(it) && /[\w\s]= *\(+(\(.*\) =>|function\b)/.test(it.code),
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
    explains: (it) => weRefuse(it, 'commonjs') && isActionFile(it) && /^export import \w+ = \w+\.\w+/m.test(it.code),
  },
  {
    name: 'CommonJS',
    reason:
      'Exports of a CommonJS module make no actions, in silence, in Next; and an inline action there would be exported by ' +
      '`export`. Both are errors here.',
    explains: (it) => weRefuse(it, 'commonjs') && (/^(module\.)?exports\b|^export = /m.test(it.code) || it.filename.endsWith('.cjs')),
  },
]

const DIRECTIVES: Difference[] = [
  {
    name: 'two pairs of parentheses',
    reason: 'One pair around the directive is an error in both; two are nothing to Next, and the code would reach the browser.',
    explains: (it) => weRefuse(it, 'not-a-directive') && /\(\(['"]use server['"]\)\)/.test(it.code),
  },
  {
    name: 'in a block',
    reason: 'A directive in a nested block means nothing to Next, in silence.',
    explains: (it) => weRefuse(it, 'misplaced-directive') && /\{\s*['"]use server['"]/.test(it.code),
  },
  {
    name: 'in a constructor',
    reason: 'A directive in a constructor means nothing to Next, in silence.',
    explains: (it) => weRefuse(it, 'instance-method') && /constructor\(.*\) \{\s*['"]use server['"]/.test(it.code),
  },
  {
    name: 'in client code',
    reason: 'On the server Next makes references of a "use client" file and looks at nothing in it; here each target says the same.',
    explains: (it) => it.ours.isRefused && !it.next.isRefused && it.next.actions === 0 && /^(#!.*\n|\s|\/\*[^]*?\*\/|\/\/.*)*['"]use client['"]/.test(it.code),
  },
  {
    name: 'written with escapes',
    reason: 'Whether a file is worth parsing is a search for the words; letters written as escapes are not found by it.',
    explains: (it) => it.ours.actions === 0 && !it.ours.isRefused && it.next.actions + Number(it.next.isRefused) > 0 && !hasWords(it) && /['"]use\\/.test(it.code),
  },
  {
    name: 'misspelled beyond recognition',
    reason: 'Whether a file is worth parsing is a search for the words; `use action` and `Use Server` alone are not found by it.',
    explains: (it) => weAccept(it, /^Did you mean "use server"\? "(use action|[uU]se Server)"/) && !hasWords(it),
  },
]

const BODIES: Difference[] = [
  {
    name: 'this behind an action',
    reason: 'Behind an inline action, Next takes every arrow function of the same function for a part of it.',
    explains: (it) => {
      const word = /^Server Actions cannot use `(this|super|arguments)`\.$/.exec(it.next.why)?.[1]
      return word !== undefined && weAccept(it, it.next.why) && hasWords(it) && !isInAction(it, word)
    },
  },
  {
    name: 'new.target',
    reason: 'An action is never called by `new`; Next moves `new.target` out of its function, where it means another one.',
    explains: (it) => weRefuse(it, 'new-target-in-action') && /new\.target/.test(it.code),
  },
  {
    name: 'private names',
    reason: 'Next moves the function out of its class and leaves the private name in it, which is a syntax error there.',
    explains: (it) => weRefuse(it, 'private-name-in-action') && /#\w+/.test(it.code),
  },
  {
    name: 'hidden captures',
    reason: 'A default parameter uses a captured variable whose name the body declares again. Next reads it before it is there.',
    explains: (it) => weRefuse(it, 'shadowed-capture'),
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
    name: 'nothing of ours',
    reason: "A file without the directive isn't parsed here: its syntax errors are reported by whoever parses it next.",
    explains: (it) => weAccept(it, 'Invalid access to super') && !hasWords(it),
  },
]

export const DIFFERENCES: readonly Difference[] = [...EXPORTS, ...DIRECTIVES, ...BODIES, ...SYNTAX]

const hasWords = ({ code }: Case): boolean => code.includes('use server')

const countOf = ({ code }: Case, pattern: RegExp): number => [...code.matchAll(pattern)].length

/** How many exported names stand for what was exported under another one before. */
function furtherNames({ filename, code }: Case): number {
  const locals = parse({ filename, code }).statements.flatMap((it) => {
    if (ts.isExportDeclaration(it) && !it.moduleSpecifier && it.exportClause && ts.isNamedExports(it.exportClause)) {
      return it.exportClause.elements.map(({ name, propertyName }) => (propertyName ?? name).text)
    }
    if (!ts.canHaveModifiers(it) || !it.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return []
    if (ts.isVariableStatement(it)) return it.declarationList.declarations.map(({ name }) => name.getText())
    return ts.isFunctionDeclaration(it) && it.name ? [it.name.text] : []
  })
  return locals.length - new Set(locals).size
}

/** Whether something that certainly is no function is among the exports. */
function exportsNoFunction({ code }: Case): boolean {
  const value = /((?<![=!])= *|export default +)(\[|\{|`|<|new |undefined\b|-|class\b|\d|import\(|['"/]|wrap \+|\w+ as number)/
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
