/**
 * React's own encoders and decoders, production builds. Their packages choose by an export condition that this process
 * doesn't have, so the files are evaluated with a `require` of our own.
 */

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

import { inRoot } from '../scripts/support/root.mjs'

const require = createRequire(import.meta.url)
process.env.NODE_ENV ??= 'production'

const react = evaluate('react/cjs/react.react-server.production.js', require)
const dom = evaluate('react-dom/cjs/react-dom.react-server.production.js', (id) => (id === 'react' ? react : require(id)))

/** Reads replies, writes Flight. */
export const server = evaluate('react-server-dom-webpack/cjs/react-server-dom-webpack-server.node.production.js', (id) =>
  id === 'react' ? react : id === 'react-dom' ? dom : require(id),
)

/** Writes replies. */
export const client = evaluate('react-server-dom-webpack/cjs/react-server-dom-webpack-client.node.production.js', require)

function evaluate(file, load) {
  const source = readFileSync(inRoot('node_modules', ...file.split('/')), 'utf8')
  const module = { exports: {} }
  const run = new Function('require', 'module', 'exports', '__webpack_require__', '__webpack_chunk_load__', source)
  run(load, module, module.exports, Object.assign(() => {}, { u: String }), async () => {})
  return module.exports
}
