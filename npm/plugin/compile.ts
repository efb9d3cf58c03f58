/** The compiler, with what it can't find out itself: what the modules export that a `"use server"` file exports from. */

import { readFile } from 'node:fs/promises'

import type { TransformOptions, TransformResult } from '../../index.d.ts'
import { type ModuleExports, moduleExports, transformSync } from '../native/compile.ts'
import type { Settings } from './options.ts'

/** The bundler's answer to where a specifier leads: a file, or `null`. */
export type Resolve = (specifier: string, importer: string) => Promise<string | null>

/** What was compiled, and the other files that it depends on. */
export interface Compiled extends TransformResult {
  dependencies: string[]
}

export const optionsOf = (
  { root, mode, salt }: Settings,
  file: string,
  graph: Pick<TransformOptions, 'target' | 'runtime'>,
): TransformOptions => ({ filename: file, root, mode, ...graph, ...(salt === undefined ? {} : { salt }) })

export async function compile(code: string, options: TransformOptions, resolve: Resolve): Promise<Compiled> {
  const result = transformSync(code, options)
  if (result.exportsFrom.length === 0) return { ...result, dependencies: [] }
  const dependencies = new Set<string>()
  const exportsOf: Record<string, string[]> = {}
  for (const specifier of result.exportsFrom) {
    const names = await namesFrom(specifier, options.filename, resolve, dependencies)
    if (names) exportsOf[specifier] = [...names]
  }
  return { ...transformSync(code, { ...options, exportsOf }), dependencies: [...dependencies] }
}

/** All names that the module at `specifier` exports; `null` if one of the modules can't be read. */
async function namesFrom(
  specifier: string,
  importer: string,
  resolve: Resolve,
  dependencies: Set<string>,
): Promise<Set<string> | null> {
  const file = await resolve(specifier, importer)
  const exports = file === null ? null : await exportsIn(file)
  if (file === null || exports === null) return null
  dependencies.add(file)
  const names = new Set(exports.names)
  for (const from of exports.from) {
    const next = await resolve(from, file)
    if (next !== null && dependencies.has(next)) continue // a circle
    const more = await namesFrom(from, file, resolve, dependencies)
    if (more === null) return null
    for (const name of more) if (name !== 'default') names.add(name)
  }
  return names
}

async function exportsIn(file: string): Promise<ModuleExports | null> {
  try {
    return moduleExports(await readFile(file, 'utf8'), file)
  } catch {
    return null // made by a plugin, or gone: the compiler says that it can't see what it exports
  }
}
