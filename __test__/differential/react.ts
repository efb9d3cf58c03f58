/**
 * React's own encoders and decoders, of both builds, side by side in one process.
 *
 * The packages choose a build by `NODE_ENV`, and the server half by an export condition; here the files are evaluated
 * with a `require` of our own, so no flag is needed.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

export type Build = 'production' | 'development'
export const BUILDS: Build[] = ['production', 'development']

/** What the packages export; they have no types. */
type React = Record<string, (...args: any[]) => any>

const require = createRequire(import.meta.url)
const packages = new URL('../../node_modules/', import.meta.url)

/** React looks ids up in it: every id is the only export of a module of that name. */
export const manifest: object = new Proxy(
  {},
  { get: (_, id: string) => ({ id, name: id, chunks: [], async: false }), has: () => true },
)

function evaluate(file: string, load: (specifier: string) => unknown, loadModule: (id: string) => unknown = String): any {
  const source = readFileSync(new URL(file, packages), 'utf8')
  const module = { exports: {} }
  const run = new Function('require', 'module', 'exports', '__webpack_require__', '__webpack_chunk_load__', 'process', source)
  run(load, module, module.exports, Object.assign(loadModule, { u: String }), async () => {}, process)
  return module.exports
}

/** Reads replies, writes Flight; also `registerServerReference`. */
export function reactServer(build: Build): React {
  return once(`server ${build}`, () => withEnvironment(build, () => {
    const react = evaluate(`react/cjs/react.react-server.${build}.js`, require)
    const dom: any = evaluate(`react-dom/cjs/react-dom.react-server.${build}.js`, (id) => (id === 'react' ? react : require(id)))
    const load = (id: string): unknown => (id === 'react' ? react : id === 'react-dom' ? dom : require(id))
    const action = (id: string): unknown => server.registerServerReference((...args: unknown[]) => [id, ...args], id, null)
    const server = evaluate(
      `react-server-dom-webpack/cjs/react-server-dom-webpack-server.node.${build}.js`,
      load,
      (id) => ({ [id]: action(id) }),
    )
    return server
  }))
}

/** Writes replies, reads Flight. */
export function reactClient(build: Build): React {
  return once(`client ${build}`, () => withEnvironment(build, () =>
    evaluate(`react-server-dom-webpack/cjs/react-server-dom-webpack-client.node.${build}.js`, require),
  ))
}

/** As {@link reactClient}, but of browsers: only there functions of the server can be called. */
export function reactBrowser(build: Build): React {
  return once(`browser ${build}`, () => withEnvironment(build, () =>
    evaluate(`react-server-dom-webpack/cjs/react-server-dom-webpack-client.browser.${build}.js`, require),
  ))
}

/** Development files guard themselves with `NODE_ENV`. */
function withEnvironment<T>(build: Build, work: () => T): T {
  const before = process.env.NODE_ENV
  process.env.NODE_ENV = build
  try {
    return work()
  } finally {
    if (before === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = before
  }
}

const loaded = new Map<string, React>()

function once(key: string, load: () => React): React {
  if (!loaded.has(key)) loaded.set(key, load())
  return loaded.get(key)!
}
