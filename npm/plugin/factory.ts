/**
 * The plugin, once for all bundlers.
 *
 * It decides nothing: which files hold actions, what they compile to and what is an error are the compiler's answers.
 * Here they are only carried to the bundler in its own terms. What a single bundler needs beyond this lives in that
 * bundler's file (`vite.ts`).
 */

import { createUnplugin, type UnpluginContext, type UnpluginInstance, type UnpluginOptions } from 'unplugin'

import type { Diagnostic, TransformOptions } from '../../index.d.ts'
import { ActionTable } from './action-table.ts'
import { compile, optionsOf, type Resolve } from './compile.ts'
import { isSource, type Options, resolveOptions, type Settings } from './options.ts'

/** Which compiler output a graph needs, and what that output imports from. */
export interface Graph {
  target: TransformOptions['target']
  runtime: NonNullable<TransformOptions['runtime']>
}

/** The graph that a hook runs for. */
export interface GraphOfHook extends Graph {
  name: string
  /** Whether it becomes files that Node runs. */
  isBundled: boolean
}

/** What a bundler's own file adds. */
export interface Build {
  settings: Settings
  actions: ActionTable
  /** Per graph, what we last made of each file. */
  emitted: Map<string, Map<string, string>>
}

const ACTIONS = /^(?:virtual:)?errand\/actions$/
/** The NUL keeps other plugins away. No extension: Vite would add it to the address that it asks for again later. */
export const RESOLVED_ACTIONS = '\0virtual:errand/actions'

/** The package's root, which is the native core. */
const CORE = /^errand$/

const NEXT = /^next\/(cache|navigation|headers)$/
const RESOLVED_NEXT = '\0errand:next/'

/** All that the compiler's `scan` finds and a little more: a misspelled directive must not pass in silence. */
const MAY_HOLD_DIRECTIVE = /use (?:se|c[ah])|use action|["'].{3,5}server/

/** The bundler's part: which graph a hook runs for, and hooks of its own. */
export interface Bundler {
  graphOf(context: unknown): GraphOfHook
  resolveOf(context: unknown): Resolve
  hooks(build: Build): Partial<UnpluginOptions>
}

export function createErrand(bundler: Bundler): UnpluginInstance<Options | undefined, false> {
  return createUnplugin((options = {}) => {
    const settings = resolveOptions(options)
    const build: Build = { settings, actions: new ActionTable(settings), emitted: new Map() }
    return {
      name: 'errand',
      enforce: 'pre', // the directive must be read before another plugin compiles it away

      resolveId: {
        filter: { id: new RegExp(`${ACTIONS.source}|${NEXT.source}|${CORE.source}`) },
        handler(id) {
          if (ACTIONS.test(id)) return RESOLVED_ACTIONS
          // The addon can't be bundled. (A development server loads it from where it is.)
          if (CORE.test(id)) return bundler.graphOf(this).isBundled ? { id, external: true } : null
          const entry = NEXT.exec(id)?.[1]
          if (!settings.next || entry === undefined) return null
          const inBrowserTree = settings.rsc && bundler.graphOf(this).target !== 'server'
          // Client components also get the router's hooks from there.
          return RESOLVED_NEXT + (inBrowserTree && entry === 'navigation' ? 'rsc/navigation' : entry)
        },
      },

      load: {
        filter: { id: new RegExp(`^(?:${RESOLVED_ACTIONS}$|${RESOLVED_NEXT})`) },
        handler(id) {
          return id === RESOLVED_ACTIONS
            ? build.actions.toModule(settings.mode)
            : `export * from "errand/${id.slice(RESOLVED_NEXT.length)}"`
        },
      },

      transform: {
        filter: { code: MAY_HOLD_DIRECTIVE },
        async handler(code, id) {
          const file = fileOf(id)
          if (file === null || !isSource(settings, file)) return null
          const { name, target, runtime } = bundler.graphOf(this)
          const options = { ...optionsOf(settings, file, { target, runtime }), sourceMap: true }
          const result = await compile(code, options, bundler.resolveOf(this))
          for (const dependency of result.dependencies) this.addWatchFile(dependency)
          report(this, file, result.diagnostics)
          if (result.code === null) return null
          emittedBy(build, name).set(file, result.code)
          return { code: result.code, map: result.map }
        },
      },

      ...bundler.hooks(build),
    }
  })
}

export function emittedBy({ emitted }: Build, graph: string): Map<string, string> {
  const known = emitted.get(graph) ?? new Map<string, string>()
  emitted.set(graph, known)
  return known
}

/** The file behind a module id; `null` when the module is something made of the file, such as its text (`?raw`). */
function fileOf(id: string): string | null {
  const [file = '', query = ''] = id.split('?', 2)
  if (file.startsWith('\0')) return null
  // Vite's own versions and timestamps don't change what the module is.
  return /^(?:[vt]=\w+&?)*$/.test(query) ? file : null
}

/** Warnings first: a bundler may stop at the first error. */
function report(bundler: UnpluginContext, file: string, diagnostics: Diagnostic[]): void {
  const isError = ({ severity }: Diagnostic): boolean => severity === 'error'
  for (const diagnostic of [...diagnostics.filter((it) => !isError(it)), ...diagnostics.filter(isError)]) {
    const { code, message, help, line, column, frame } = diagnostic
    const text = [`${code}: ${message}`, help].filter(Boolean).join('\n')
    const problem = { id: file, message: text, loc: { file, line, column: column - 1 }, frame }
    if (isError(diagnostic)) bundler.error(problem)
    else bundler.warn(problem)
  }
}
