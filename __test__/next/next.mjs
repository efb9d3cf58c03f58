/**
 * Next's own compiler, called as its webpack loader calls it. The package is installed in this folder by
 * `node scripts/setup.mjs --test`; tests and benches share this file.
 */

import { createRequire } from 'node:module'
import { join } from 'node:path'
import process from 'node:process'

const require = createRequire(import.meta.url)
const ROOT = process.platform === 'win32' ? 'C:\\app' : '/app'

/** What the bundler calls the modules of each side. */
const LAYERS = { server: 'rsc', client: 'app-pages-browser' }

/**
 * @typedef {{ code: string, map?: string }} Output
 * @typedef {{ filename: string, target: 'server' | 'client', sourceMap?: boolean }} Options
 */

/** Loads the native binding: once per process. */
export async function loadNext() {
  // Telemetry and a check of the lock file are for apps.
  process.env.NEXT_TELEMETRY_DISABLED = '1'
  process.env.NEXT_IGNORE_INCORRECT_LOCKFILE = '1'
  const swc = require('next/dist/build/swc')
  const { getLoaderSWCOptions } = require('next/dist/build/swc/options')
  await swc.loadBindings()

  /** @param {Options} options */
  const loaderOptions = ({ filename, target, sourceMap = false }) => {
    const path = join(ROOT, 'app', filename)
    const options = getLoaderSWCOptions({
      filename: path,
      pagesDir: undefined,
      appDir: join(ROOT, 'app'),
      isServer: target === 'server',
      isPageFile: false,
      development: false,
      hasReactRefresh: false,
      configDir: ROOT,
      jsConfig: {},
      supportedBrowsers: ['chrome 111', 'edge 111', 'firefox 111', 'safari 16.4'], // its default
      relativeFilePathFromRoot: join('app', filename),
      serverComponents: true,
      serverReferenceHashSalt: 'salt',
      bundleLayer: LAYERS[target],
      esm: true,
      isCacheComponents: false,
      useCacheEnabled: false,
      taintEnabled: false,
      trackDynamicImports: false,
      pageExtensions: ['tsx', 'ts', 'jsx', 'js'],
    })
    return { ...options, filename: path, sourceMaps: sourceMap, inlineSourcesContent: sourceMap, sourceFileName: path }
  }
  return {
    /** @param {string} code @param {Options} options @returns {Output} */
    transformSync: (code, options) => swc.transformSync(code, loaderOptions(options)),
    /** @param {string} code @param {Options} options @returns {Promise<Output>} */
    transform: (code, options) => swc.transform(code, loaderOptions(options)),
    version: /** @type {string} */ (require('next/package.json').version),
  }
}

/** Names of the actions in `code`, as its bundler plugin finds them: by the comment in front. @param {string} code */
export function actionsOf(code) {
  const entry = /\/\* __next_internal_action_entry_do_not_use__ (\{.*?\}) \*\//s.exec(code)
  return entry ? Object.values(JSON.parse(/** @type {string} */ (entry[1]))).map((it) => (typeof it === 'string' ? it : it.name)) : []
}
