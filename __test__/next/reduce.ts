/**
 * Makes a module smaller while it stays what it is. What can go: statements, members, properties, elements, arguments,
 * parameters, JSX attributes and children.
 */

import ts from 'typescript'

import type { Module } from './modules.ts'

export interface Reduced extends Module {
  /** The module that was reduced, without one of the things that make this one what it is; `null` if there is none. */
  rest: Module | null
}

interface Range {
  start: number
  end: number
}

/** The smallest module that `holds`: nothing more can be taken from it. */
export function reduce(module: Module, holds: (it: Module) => boolean): Reduced {
  const { filename } = module
  let { code } = module
  /** Where each letter of `code` was in the module. */
  let places = Array.from({ length: code.length }, (_, at) => at)
  for (let at = 0; ; ) {
    const range = removable({ filename, code })[at]
    if (!range) break
    const smaller = without(code, range)
    if (holds({ filename, code: smaller })) {
      code = smaller
      places = [...places.slice(0, range.start), ...places.slice(range.end)]
    } else {
      at += 1
    }
  }
  const last = innermost(removable({ filename, code })).at(-1)
  const rest = last && without(module.code, { start: places[last.start]!, end: places[last.end - 1]! + 1 })
  return { filename, code, rest: rest === undefined ? null : { filename, code: rest } }
}

const without = (code: string, { start, end }: Range): string => code.slice(0, start) + code.slice(end)

/** Those in which no other one lies, in the order of the text. */
function innermost(ranges: Range[]): Range[] {
  const holdsAnother = (it: Range): boolean => ranges.some((other) => other !== it && other.start >= it.start && other.end <= it.end)
  return ranges.filter((it) => !holdsAnother(it)).sort((a, b) => a.start - b.start)
}

/** From outside to inside: what is large goes first. */
function removable({ filename, code }: Module): Range[] {
  const file = parse({ filename, code })
  const ranges: Range[] = []
  let level: ts.Node[] = [file]
  while (level.length > 0) {
    const below: ts.Node[] = []
    for (const node of level) {
      const { list, hasCommas } = partsOf(node)
      for (const it of list) ranges.push(rangeOf(it, hasCommas, file))
      ts.forEachChild(node, (child) => void below.push(child))
    }
    level = below
  }
  return ranges.filter(({ start, end }) => end > start)
}

export const parse = ({ filename, code }: Module): ts.SourceFile =>
  ts.createSourceFile(filename, code, ts.ScriptTarget.Latest, true, scriptKind(filename))

function scriptKind(filename: string): ts.ScriptKind {
  if (/\.[mc]?ts$/.test(filename)) return ts.ScriptKind.TS
  return filename.endsWith('.tsx') ? ts.ScriptKind.TSX : ts.ScriptKind.JSX
}

/** With a comma behind or before it, or with its line's end if it has a line of its own. */
function rangeOf(node: ts.Node, hasCommas: boolean, file: ts.SourceFile): Range {
  const { text: code } = file
  const start = node.getStart(file)
  if (hasCommas) {
    const behind = /^\s*,/.exec(code.slice(node.end))?.[0].length
    const before = behind === undefined ? /,\s*$/.exec(code.slice(0, start))?.[0].length : 0
    return { start: start - (before ?? 0), end: node.end + (behind ?? 0) }
  }
  const isWholeLine = /(^|\n)[ \t]*$/.test(code.slice(0, start)) && code[node.end] === '\n'
  return isWholeLine ? { start: code.lastIndexOf('\n', start - 1) + 1, end: node.end + 1 } : { start, end: node.end }
}

function partsOf(node: ts.Node): { list: readonly ts.Node[]; hasCommas: boolean } {
  if (ts.isSourceFile(node) || ts.isBlock(node) || ts.isModuleBlock(node) || ts.isCaseOrDefaultClause(node)) return plain(node.statements)
  if (ts.isClassLike(node)) return plain(node.members)
  if (ts.isJsxAttributes(node)) return plain(node.properties)
  if (ts.isJsxElement(node) || ts.isJsxFragment(node)) return plain(node.children)
  if (ts.isObjectLiteralExpression(node)) return separated(node.properties)
  if (ts.isCallExpression(node)) return separated(node.arguments)
  if (ts.isFunctionLike(node)) return separated(node.parameters)
  if (ts.isVariableDeclarationList(node) && node.declarations.length > 1) return separated(node.declarations)
  if (ts.isArrayLiteralExpression(node) || ts.isNamedExports(node) || ts.isNamedImports(node)) return separated(node.elements)
  if (ts.isObjectBindingPattern(node) || ts.isArrayBindingPattern(node)) return separated(node.elements)
  return { list: [], hasCommas: false }
}

const plain = (list: readonly ts.Node[]) => ({ list, hasCommas: false })
const separated = (list: readonly ts.Node[]) => ({ list, hasCommas: true })
