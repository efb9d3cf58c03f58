/** The package as its users find it: every entry by import and by require, with types, and nothing else in it. */

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import ts from 'typescript'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

interface Entry {
  types: string
  /** Absent where an entry is types and nothing else. */
  default?: string
}

const { exports, files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  exports: Record<string, Entry | string>
  files: string[]
}
const entries = Object.entries(exports).filter((entry): entry is [string, Entry] => typeof entry[1] === 'object')

/** Entries that only a bundler can load: they import its virtual modules. */
const BUNDLED = ['./rsc/*']

const loadable = entries
  .filter(([name, entry]) => entry.default !== undefined && !BUNDLED.includes(name))
  .map(([name]) => name)

/** What each entry exports, by plain Node, without the test runner's loader. */
function exportsBy(load: 'import' | 'require'): Record<string, string[]> {
  const names = loadable.map((name) => `errand${name.slice(1)}`)
  const script = `
    (async () => {
      const found = {}
      for (const name of ${JSON.stringify(names)}) {
        const module = ${load === 'import' ? 'await import(name)' : 'require(name)'}
        // Newer versions of Node say by this name that a required module was one.
        found[name] = Object.keys(module).filter((key) => key !== '__esModule' && key !== 'module.exports').sort()
      }
      process.stdout.write(JSON.stringify(found))
    })()`
  const args = ['--no-warnings', '--input-type=commonjs', '-e', script]
  return JSON.parse(execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' })) as Record<string, string[]>
}

test('every entry has a file and types, and both are published', () => {
  for (const [name, entry] of entries) {
    for (const path of [entry.types, entry.default ?? entry.types]) {
      const found = path.includes('*') ? dirname(path) : path
      assert.ok(existsSync(join(ROOT, found)), `${name}: ${path}`)
      assert.ok(files.some((file) => `${path}/`.startsWith(`./${file}/`)), `${name}: ${path} is not in \`files\``)
    }
  }
})

test('every entry can be imported and required, and gives the same', () => {
  assert.deepEqual(exportsBy('require'), exportsBy('import'))
})

test('what types promise is what there is, for every entry', () => {
  const runtime = exportsBy('import')
  const program = ts.createProgram(
    entries.map(([, { types }]) => join(ROOT, types)).filter((path) => !path.includes('*')),
    { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, target: ts.ScriptTarget.ES2022, skipLibCheck: true },
  )
  const checker = program.getTypeChecker()
  for (const [name, { types }] of entries.filter(([name]) => loadable.includes(name))) {
    const source = program.getSourceFile(join(ROOT, types))
    const symbol = source && checker.getSymbolAtLocation(source)
    assert.ok(symbol, `${types} is no module`)
    const promised = checker
      .getExportsOfModule(symbol)
      .map((found) => (found.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(found) : found).flags & ts.SymbolFlags.Value ? found.name : '')
      .filter(Boolean)
      .sort()
    assert.deepEqual(runtime[`errand${name.slice(1)}`], promised, name)
  }
})

test('the types stand on their own', () => {
  const files = entries.map(([, { types }]) => join(ROOT, types)).filter((path) => !path.includes('*'))
  const program = ts.createProgram([join(ROOT, 'index.d.ts'), ...files], {
    strict: true,
    noEmit: true,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    types: ['node'],
    skipDefaultLibCheck: true,
  })
  const ours = ts.getPreEmitDiagnostics(program).filter(({ file }) => !file?.fileName.includes('node_modules'))
  const host = { getCanonicalFileName: (name: string) => name, getCurrentDirectory: () => ROOT, getNewLine: () => '\n' }
  assert.equal(ts.formatDiagnostics(ours, host), '')
})
