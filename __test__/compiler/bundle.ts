/** Every case compiled by the plugin and bundled by Vite, once for each graph, in a folder of its own. */

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

import errand from 'errand/vite'
import { build, type InlineConfig, type Plugin } from 'vite'
import type { Manifest } from '../../npm/server/actions.ts'

export const CASES = fileURLToPath(new URL('executed', import.meta.url))
const TARGET = fileURLToPath(new URL('../../target', import.meta.url))
const SALT = 'the salt of these tests'

/** What a file is compiled for. */
export type Graph = 'server' | 'client' | 'ssr'

/** What the manifest says about an action. */
export type ActionEntry = { id: string } & Manifest['actions'][string]

/** What a compiled module exports is its case's affair, and the case knows it. */
export type Module = Record<string, any>

export interface Bundles {
  /** Evaluates the compiled input of `name`; the browser and SSR have those with the directive on top. */
  load(graph: Graph, name: string): Promise<Module>
  /** The text that `load` evaluates. */
  text(graph: Graph, name: string): string
  actionsOf(name: string): ActionEntry[]
  /** `errand/actions` of the server's graph. */
  table: Record<string, () => unknown>
  remove(): void
}

/** `<phenomenon>/<case>` of every folder with an input. */
export function caseNames(): string[] {
  return folders(CASES).flatMap((phenomenon) =>
    folders(join(CASES, phenomenon)).map((name) => `${phenomenon}/${name}`),
  )
}

export async function bundleAll(names: string[]): Promise<Bundles> {
  // Inside of the repository: there `errand` and React can be found.
  mkdirSync(TARGET, { recursive: true })
  const folder = mkdtempSync(join(TARGET, 'executed-'))
  const remove = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  const fileOf = (graph: Graph, name: string): string => join(folder, graph, `${name}.mjs`)
  const importFile = async (file: string): Promise<Module> => (await import(pathToFileURL(file).href)) as Module
  try {
    const inputs = Object.fromEntries(names.map((name) => [name, inputOf(name)]))
    const actionFiles = Object.fromEntries(Object.entries(inputs).filter(([, input]) => isActionFile(input)))
    await build(server(join(folder, 'server'), { ...inputs, actions: 'virtual:errand/actions' }))
    await build(client(join(folder, 'client'), actionFiles))
    await build(ssr(join(folder, 'ssr'), actionFiles))
    const manifest = JSON.parse(readFileSync(join(folder, 'server/errand.json'), 'utf8')) as {
      actions: Record<string, Omit<ActionEntry, 'id'>>
    }
    const actions = Object.entries(manifest.actions).map(([id, entry]) => ({ id, ...entry }))
    return {
      load: (graph, name) => importFile(fileOf(graph, name)),
      text: (graph, name) => readFileSync(fileOf(graph, name), 'utf8'),
      actionsOf: (name) =>
        actions
          .filter(({ file }) => file.startsWith(`${name}/`))
          .sort((a, b) => a.line - b.line || a.column - b.column),
      table: (await importFile(join(folder, 'server/actions.mjs')))['default'] as Bundles['table'],
      remove,
    }
  } catch (error) {
    remove()
    throw error
  }
}

function folders(path: string): string[] {
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
}

function inputOf(name: string): string {
  const found = ['tsx', 'ts', 'jsx', 'js', 'mts', 'mjs'].map((it) => join(CASES, name, `input.${it}`)).find(existsSync)
  if (!found) throw new Error(`${name} has no input`)
  return found
}

/** Whether its directive is on top: then there is something of it for a browser to import. */
function isActionFile(file: string): boolean {
  return /^(?:\s|\/\/.*)*'use server'/.test(readFileSync(file, 'utf8'))
}

/** What all graphs share. The checks are no source, though some quote the directive. */
function common(outDir: string, input: Record<string, string>): InlineConfig & { build: object } {
  return {
    root: CASES,
    configFile: false,
    logLevel: 'error',
    mode: 'production',
    // Node has no decorators; the compiler leaves them to who comes after it.
    oxc: { jsx: { runtime: 'automatic' }, decorator: { legacy: true } },
    build: {
      outDir,
      emptyOutDir: false,
      minify: false,
      sourcemap: true,
      modulePreload: false,
      target: 'node20',
      rolldownOptions: {
        input,
        preserveEntrySignatures: 'strict',
        output: { format: 'es', entryFileNames: '[name].mjs', chunkFileNames: 'chunks/[name]-[hash].mjs' },
      },
    },
  }
}

const options = { salt: SALT, exclude: /\/check\.ts$/ }

function server(outDir: string, input: Record<string, string>): InlineConfig {
  const config = common(outDir, input)
  return { ...config, plugins: [errand(options)], build: { ...config.build, ssr: true } }
}

function client(outDir: string, input: Record<string, string>): InlineConfig {
  const config = common(outDir, input)
  return { ...config, plugins: [errand(options), externals] }
}

/** The graph between the two, which only an app with Server Components has; of such an app only this is needed. */
function ssr(outDir: string, input: Record<string, string>): InlineConfig {
  const config = common(outDir, input)
  const [compile] = errand({ ...options, rsc: true })
  return { ...config, plugins: [compile, externals], build: { ...config.build, ssr: true } }
}

/** The runtimes are those of the package, shared with the test. */
const externals: Plugin = {
  name: 'externals',
  enforce: 'pre',
  resolveId: (id) => (id.startsWith('errand/') ? { id, external: true } : null),
}
