/** What the user may say, and what becomes of it. */

import { isAbsolute, resolve } from 'node:path'
import process from 'node:process'

export interface Options {
  /** Files that may hold actions, by absolute path with `/`. Default: every JavaScript and TypeScript file under `root`. */
  include?: RegExp | RegExp[]
  /** Files that hold none, whatever they say. Default: packages and tests. */
  exclude?: RegExp | RegExp[]
  /** Whether `next/cache`, `next/navigation` and `next/headers` are Errand's. Default `true`; say `false` in a Next.js app. */
  next?: boolean
  /** Vite: serve the `app/` folder with Server Components. Needs `@vitejs/plugin-rsc`; adds `@vitejs/plugin-react` if it is there. */
  rsc?: boolean
  /**
   * The manifest's name. A server build writes it into its output. A build of the client alone writes it beside its
   * output folder, never into it: that folder is public.
   */
  manifest?: string
  /** Keyed into every id. Keep it secret, and the same for all builds of an app. */
  salt?: string
  /** The project's folder. Ids depend on it, so client and server builds must agree. Default: the bundler's root. */
  root?: string
}

/** The same with nothing left open. */
export interface Settings {
  include: RegExp[]
  exclude: RegExp[]
  next: boolean
  rsc: boolean
  manifest: string
  salt: string | undefined
  /** Absolute. */
  root: string
  mode: 'development' | 'production'
}

const SOURCES = /\.[cm]?[jt]sx?$/
const NOT_SOURCES = [/\/node_modules\//, /\.d\.[cm]?ts$/, /\.(?:test|spec)\.[cm]?[jt]sx?$/, /\/__tests?__\//]

export function resolveOptions(options: Options): Settings {
  return {
    include: list(options.include ?? SOURCES),
    exclude: list(options.exclude ?? NOT_SOURCES),
    next: options.next ?? true,
    rsc: options.rsc ?? false,
    manifest: options.manifest ?? 'errand.json',
    salt: options.salt,
    root: absolute(options.root ?? '.', process.cwd()), // until the bundler says its own
    mode: 'production',
  }
}

export function absolute(path: string, from: string): string {
  return isAbsolute(path) ? path : resolve(from, path)
}

/** Whether `file` is one that the user wants compiled. */
export function isSource(settings: Settings, file: string): boolean {
  const path = file.replaceAll('\\', '/')
  return settings.include.some((it) => it.test(path)) && !settings.exclude.some((it) => it.test(path))
}

function list(patterns: RegExp | RegExp[]): RegExp[] {
  return Array.isArray(patterns) ? patterns : [patterns]
}
