/** `errand/vite`. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, isAbsolute, join, sep } from 'node:path'

import type { UnpluginOptions } from 'unplugin'
import type { Connect, EnvironmentModuleNode, HotUpdateOptions, Plugin, PluginOption, ViteDevServer } from 'vite'

import { compile, optionsOf, type Resolve } from './compile.ts'
import { type Build, type Bundler, createErrand, emittedBy, type Graph, RESOLVED_ACTIONS } from './factory.ts'
import { absolute, type Options } from './options.ts'
import { type Modules, Reach } from './reach.ts'
import { serverComponents } from './rsc.ts'

export type { Options } from './options.ts'

/** `plugins: [errand()]` */
export default function errand(options: Options = {}): PluginOption[] {
  const own = createErrand(vite(options)).vite(options) as Plugin
  return options.rsc ? [own, serverComponents()] : [own]
}

/**
 * Entries with state for the whole process: every graph, and the user's own server, must share one copy. The package's
 * root is one too, but said here it would stand for all its entries.
 */
const EXTERNAL = [
  'errand/server',
  'errand/cache',
  'errand/headers',
  'errand/navigation',
  'errand/runtime/server',
]

/** Packages that Vite must compile itself: they import what only plugins know. */
const COMPILED = ['errand', 'rsc-html-stream']

/** What of @vitejs/plugin-rsc we look at: whether this pass only finds out which modules there are. */
interface Analysis {
  isScanBuild: boolean
}

/** What of Vite's environments we look at. */
interface Environment {
  name: string
  mode: string
  config: { consumer: 'client' | 'server'; resolve: { conditions: string[] }; build: { outDir: string } }
}

/** What of a hook's `this` we look at. */
interface ResolvingContext {
  resolve(specifier: string, importer: string): Promise<{ id: string; external?: unknown } | null>
}

/** The file that a module is made of, if it is one. */
const fileIn = (id: string): string | null => (id.startsWith('\0') ? null : id.replace(/[?#].*$/, ''))

function vite(options: Options): Bundler {
  const bundler: Bundler = {
    graphOf: (context) => {
      const { environment } = context as { environment: Environment }
      const isBundled = environment.mode === 'build' && environment.config.consumer === 'server'
      return { name: environment.name, isBundled, ...graphOf(environment, options.rsc ?? false) }
    },
    resolveOf: (context) => async (specifier, importer) => {
      const found = await (context as ResolvingContext).resolve(specifier, importer)
      return found && !found.external ? fileIn(found.id) : null
    },
    hooks: (build) => ({ vite: hooks(build, bundler, options) as NonNullable<UnpluginOptions['vite']> }),
  }
  return bundler
}

/** By what a graph is for and how it resolves, never by its name: users rename environments. */
function graphOf({ config }: Environment, rsc: boolean): Graph {
  const runtime = rsc ? { client: 'errand/rsc/runtime.browser', ssr: 'errand/rsc/runtime.ssr' } : {}
  if (config.consumer === 'client') return { target: 'client', runtime }
  // With Server Components the actions live beside those; where HTML is made, references are enough.
  const target = rsc && !config.resolve.conditions.includes('react-server') ? 'ssr' : 'server'
  return { target, runtime }
}

function hooks(build: Build, bundler: Bundler, options: Options): Partial<Plugin> {
  const { settings, actions } = build
  const reach = new Reach(RESOLVED_ACTIONS)
  let analysis: Analysis | undefined

  return {
    sharedDuringBuild: true,

    config: () => ({ resolve: { tsconfigPaths: true } }),

    configEnvironment: (name, { consumer = name === 'client' ? 'client' : 'server' }) => ({
      optimizeDeps: { exclude: COMPILED },
      ...(consumer === 'server' ? { resolve: { external: EXTERNAL, noExternal: COMPILED } } : {}),
    }),

    async configResolved(config) {
      settings.root = absolute(options.root ?? '.', config.root)
      settings.mode = config.isProduction ? 'production' : 'development'
      analysis = config.plugins.find(({ name }) => name === 'rsc:minimal')?.api?.manager as Analysis | undefined
      const outputs = Object.values(config.environments).map(({ build }) => absolute(build.outDir, config.root))
      await actions.scan(outputs.filter((folder) => folder.startsWith(settings.root + sep)))
    },

    configureServer(server) {
      if (!settings.rsc) server.middlewares.use(answerCalls(server))
    },

    hotUpdate: {
      order: 'pre',
      handler(update) {
        return hotUpdate(build, this.environment as unknown as Environment & HotEnvironment, update)
      },
    },

    buildStart() {
      return actions.settle(bundler.resolveOf(this))
    },

    // Before it builds, @vitejs/plugin-rsc walks the server's graph and then the one that makes HTML: what neither
    // has met is dead.
    buildEnd(error) {
      if (error || !analysis?.isScanBuild) return
      const modules = this as unknown as Modules
      if (graphOf(this.environment as unknown as Environment, settings.rsc).target === 'server') return reach.server(modules)
      reach.other(modules)
      actions.prune((file) => reach.has(file))
      actions.mark((file) => !reach.hasOnServer(file))
    },

    // Written by hand: Vite keeps emitted files out of a server's output.
    writeBundle() {
      const environment = this.environment as unknown as Environment
      const { target } = graphOf(environment, settings.rsc)
      const outDir = absolute(environment.config.build.outDir, settings.root)
      if (target === 'server') return writeManifest(build, outDir)
      // A client without a server build: the manifest is for a server that no bundler makes. Beside the public folder.
      if (target === 'client' && !settings.rsc) writeManifest(build, dirname(outDir))
    },
  }
}

function writeManifest({ settings, actions }: Build, folder: string): void {
  const file = isAbsolute(settings.manifest) ? settings.manifest : join(folder, settings.manifest)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, actions.toManifest(dirname(file)))
}

interface HotEnvironment {
  pluginContainer: { resolveId(specifier: string, importer: string): Promise<{ id: string } | null> }
  moduleGraph: { getModuleById(id: string): EnvironmentModuleNode | undefined; invalidateModule(module: EnvironmentModuleNode): void }
}

/**
 * An edit changes what a graph sees only if what we make of the file for that graph changes: a new body of an action
 * is nothing to a browser that has its id. A new or a lost action changes the table.
 *
 * Runs once per environment, so each is compared with what it was given last.
 */
async function hotUpdate(
  build: Build,
  environment: Environment & HotEnvironment,
  { file, modules }: HotUpdateOptions,
): Promise<EnvironmentModuleNode[] | undefined> {
  const { settings, actions } = build
  const { target, runtime } = graphOf(environment, settings.rsc)
  const resolve: Resolve = async (specifier, importer) => {
    const found = await environment.pluginContainer.resolveId(specifier, importer)
    return found && fileIn(found.id)
  }
  if (target === 'server') {
    const before = emittedBy(build, environment.name).get(RESOLVED_ACTIONS) ?? actions.toModule(settings.mode)
    await actions.refresh(file, resolve)
    const after = actions.toModule(settings.mode)
    emittedBy(build, environment.name).set(RESOLVED_ACTIONS, after)
    const table = environment.moduleGraph.getModuleById(RESOLVED_ACTIONS)
    if (before === after || !table) return undefined
    environment.moduleGraph.invalidateModule(table)
    return [...modules, table]
  }
  const before = emittedBy(build, environment.name).get(file)
  if (before === undefined || !existsSync(file)) return undefined
  const { code } = await compile(readFileSync(file, 'utf8'), optionsOf(settings, file, { target, runtime }), resolve)
  return code === before ? [] : undefined
}

/** Answers calls while developing an app whose server is Vite itself. */
function answerCalls(server: ViteDevServer): Connect.NextHandleFunction {
  let current: { actions: unknown; node: Connect.NextHandleFunction } | undefined
  const handlerNow = async (): Promise<Connect.NextHandleFunction> => {
    const { ssr } = server.environments
    if (!ssr || !('runner' in ssr)) return (_req, _res, next) => next()
    // Vite's types know the runner of its own kind of environment only.
    const { runner } = ssr as unknown as { runner: { import(id: string): Promise<{ default: Record<string, () => unknown> }> } }
    const { default: actions } = await runner.import('virtual:errand/actions')
    if (current?.actions !== actions) {
      const { createHandler } = await import('errand/server')
      current = { actions, node: createHandler({ actions }).node as Connect.NextHandleFunction }
    }
    return current.node
  }
  return (req, res, next) => {
    if (req.method !== 'POST') return next()
    handlerNow().then((node) => node(req, res, next), next)
  }
}
