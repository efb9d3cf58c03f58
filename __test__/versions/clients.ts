/**
 * React's browser clients from 19.0 to 19.3. `node scripts/setup.mjs --test` installs them in this folder.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

/** What the package exports; it has no types. */
type Client = Record<string, (...args: any[]) => any>

const require = createRequire(import.meta.url)
const packages = new URL('node_modules/', import.meta.url)

/** All that are installed, oldest first: `19.0.0`. */
export const RELEASES: string[] = readdirSync(packages)
  .flatMap((name) => (name.startsWith('client-') ? [name.slice('client-'.length)] : []))
  .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))

/** Evaluates the production build; what it asks for is the React that the other tests use. */
export function clientOf(release: string): Client {
  const file = `client-${release}/cjs/react-server-dom-webpack-client.browser.production.js`
  const module = { exports: {} }
  const run = new Function('require', 'module', 'exports', '__webpack_require__', '__webpack_chunk_load__', readFileSync(new URL(file, packages), 'utf8'))
  run(require, module, module.exports, Object.assign(String, { u: String }), async () => {})
  return module.exports
}
