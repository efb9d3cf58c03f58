/** Small apps that a real Vite builds or serves. */

import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { after } from 'node:test'

import { build, type BuildOptions, createLogger, createServer, type InlineConfig, type Rollup, type ViteDevServer } from 'vite'

import type { Manifest } from '../../npm/server/actions.ts'
import errand, { type Options } from '../../dist/plugin/vite.js'
import { tempFolder } from '../support/temp.ts'

const PACKAGES = resolve(import.meta.dirname, '../../node_modules')

export interface App {
  folder: string
  write(files: Record<string, string>): void
  /** Builds for the browser; gives the text of all chunks. */
  client(options?: Options, more?: BuildOptions): Promise<string>
  /** Builds the server from `server.ts`; gives its module. */
  server(options?: Options): Promise<Record<string, unknown>>
  manifest(): Manifest
  serve(options?: Options): Promise<ViteDevServer>
  warnings: string[]
}

const folders: { remove(): void }[] = []
after(() => folders.forEach((it) => it.remove()))

/** `files`: `client.ts` is the browser's entry, `server.ts` the server's. The folder goes when the tests are done. */
export function app(name: string, files: Record<string, string>): App {
  const temp = tempFolder(name)
  const folder = temp.path
  folders.push(temp)
  symlinkSync(PACKAGES, join(folder, 'node_modules'), 'dir')
  const warnings: string[] = []
  const write: App['write'] = (files) => {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      writeFileSync(join(folder, file), text)
    }
  }
  write({ 'package.json': '{ "type": "module" }', ...files })
  const warn = (text: string): void => void warnings.push(text)
  const logger = { ...createLogger('silent'), warn, warnOnce: warn }
  const config = (options: Options | undefined): InlineConfig => ({
    root: folder,
    configFile: false,
    logLevel: 'warn',
    customLogger: logger,
    plugins: [errand(options)],
  })
  return {
    folder,
    warnings,
    write,
    async client(options, more) {
      const output = (await build({
        ...config(options),
        build: { outDir: 'dist/client', minify: false, rollupOptions: { input: join(folder, 'client.ts'), preserveEntrySignatures: 'strict' }, ...more },
      })) as Rollup.RollupOutput
      return output.output.map((it) => ('code' in it ? it.code : '')).join('\n')
    },
    async server(options) {
      await build({ ...config(options), build: { outDir: 'dist/server', ssr: join(folder, 'server.ts') } })
      return (await import(join(folder, `dist/server/server.js?${Math.random()}`))) as Record<string, unknown>
    },
    manifest: () => JSON.parse(readFileSync(join(folder, 'dist/server/errand.json'), 'utf8')) as Manifest,
    serve: (options) => createServer({ ...config(options), server: { middlewareMode: true, ws: false }, appType: 'custom' }),
  }
}
