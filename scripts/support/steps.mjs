/**
 * What a fresh clone lacks, step by step. A step looks first (`look`): either all is well and it says so in a word,
 * or it gives the reason and what to do. A stamp of its inputs makes the second look quick.
 */

import {
  chmodSync, copyFileSync, existsSync, lstatSync, mkdirSync, readdirSync, realpathSync, readFileSync, renameSync, rmSync,
  symlinkSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join, relative, resolve } from 'node:path'
import process from 'node:process'

import { findChromium, findRedis } from './programs.mjs'
import { inRoot, ROOT } from './root.mjs'
import { mustRun, outputOf, run, StepFailed } from './run.mjs'
import { filesBelow, hashOf, stampAt } from './stamp.mjs'

/**
 * @typedef {{ done: string } | { why: string, act(label: string): Promise<void | string> }} Look
 * @typedef {{ name: string, look(): Look }} Step
 */

/** @type {Step} */
export const node = {
  name: 'node',
  look() {
    const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
    const fits = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22
    if (fits) return { done: process.versions.node }
    throw new StepFailed(
      `Node ${process.versions.node} is too old: 20.19, 22.12 or newer is needed. Install one from https://nodejs.org`,
    )
  },
}

/** @type {Step} */
export const cargo = {
  name: 'cargo',
  look() {
    // rustup puts cargo there and tells only shells that are opened later.
    const usual = join(homedir(), '.cargo', 'bin')
    if (outputOf('cargo', ['--version']) === null && existsSync(usual)) {
      process.env.PATH = `${usual}${delimiter}${process.env.PATH ?? ''}`
    }
    const version = /^cargo (\d+)\.(\d+)\.(\d+)/.exec(outputOf('cargo', ['--version']) ?? '')
    if (!version) throw new StepFailed('cargo is missing: install Rust from https://rustup.rs, then run this again')
    const floor = /rust-version = "(\d+)\.(\d+)"/.exec(readFileSync(inRoot('Cargo.toml'), 'utf8'))
    const [, major = '0', minor = '0'] = version
    if (floor && (Number(major) - Number(floor[1]) || Number(minor) - Number(floor[2])) < 0) {
      throw new StepFailed(`Rust ${major}.${minor} is too old, ${floor[1]}.${floor[2]} is needed: run \`rustup update\``)
    }
    return { done: version[0].slice('cargo '.length) }
  },
}

/** What only the tests need of Rust. @type {Step} */
export const rustTools = {
  name: 'rustfmt, clippy',
  look() {
    const missing = ['fmt', 'clippy'].filter((tool) => outputOf('cargo', [tool, '--version']) === null)
    if (missing.length === 0) return { done: '' }
    return {
      why: 'missing',
      async act(label) {
        if (outputOf('rustup', ['--version']) === null) {
          throw new StepFailed("rustfmt or clippy is missing: install them from your system's packages (rustfmt, clippy)")
        }
        await mustRun(label, 'rustup', ['component', 'add', 'rustfmt', 'clippy'])
      },
    }
  },
}

/** @type {Step} */
export const packages = {
  name: 'packages',
  look() {
    const examples = readdirSync(inRoot('examples')).map((name) => `examples/${name}/package.json`)
    const hash = hashOf(['package.json', 'package-lock.json', ...examples])
    const stamp = stampAt('node_modules/.cache/errand/packages')
    if (stamp.is(hash) && existsSync(inRoot('node_modules/.package-lock.json'))) return { done: '' }
    return {
      why: existsSync(inRoot('node_modules')) ? 'package.json or package-lock.json changed' : 'not installed',
      async act(label) {
        await npm(label, [existsSync(inRoot('package-lock.json')) ? 'ci' : 'install'])
        stamp.set(hashOf(['package.json', 'package-lock.json', ...examples]))
      },
    }
  },
}

/**
 * Packages that only tests and benches need, in a folder of their own.
 *
 * @param {string} name @param {string} folder @param {string} why @param {string} installed @returns {Step}
 */
function packagesOf(name, folder, why, installed) {
  return {
    name,
    look() {
      const hash = hashOf([`${folder}/package.json`, `${folder}/package-lock.json`, `${folder}/.npmrc`])
      const stamp = stampAt(`${folder}/node_modules/.cache/errand/packages`)
      if (stamp.is(hash) && existsSync(inRoot(folder, 'node_modules', installed, 'package.json'))) return { done: '' }
      return {
        why: `${why}, in ${folder}`,
        async act(label) {
          await npm(label, ['ci'], { cwd: inRoot(folder) })
          stamp.set(hash)
        },
      }
    },
  }
}

/** Next's compiler, 330 MB that only a test and a bench need. */
export const nextPackage = packagesOf('next', '__test__/next', 'to compare with', 'next')

/** React's clients of older versions. */
export const clientPackages = packagesOf('clients', '__test__/versions', "React's older clients", 'client-19.0.0')

/** Caches that ours is measured beside. */
export const cachePackages = packagesOf('caches', 'benches/cache', 'caches to compare with', 'lru-cache')

/** Express, Fastify, Hono, Koa, and what stands in them. */
export const hostPackages = packagesOf('hosts', '__test__/hosts', 'servers to be mounted in', 'express')

/**
 * Under `npm start` we know which npm that is; else PATH does.
 *
 * @param {string} label @param {string[]} asked @param {{ cwd?: string }} [options]
 */
function npm(label, asked, options) {
  const path = process.env.npm_execpath
  const args = [...asked, '--no-audit', '--no-fund']
  return path?.endsWith('npm-cli.js')
    ? mustRun(label, process.execPath, [path, ...args], options)
    : mustRun(label, process.platform === 'win32' ? 'npm.cmd' : 'npm', args, options)
}

/** Examples and tests import `errand` as anybody would. @type {Step} */
export const link = {
  name: 'link',
  look() {
    const path = inRoot('node_modules', 'errand')
    const command = inRoot('node_modules', '.bin', 'errand')
    const isLinked = existsSync(path) && realpathSync(path) === realpathSync(ROOT)
    if (isLinked && (process.platform === 'win32' || isThere(command))) return { done: '' }
    return {
      why: isLinked ? 'the command `errand` is not there yet' : 'node_modules/errand is not this folder yet',
      async act() {
        mkdirSync(inRoot('node_modules', '.bin'), { recursive: true })
        rmSync(path, { recursive: !isThere(path) || !lstatSync(path).isSymbolicLink(), force: true })
        symlinkSync(process.platform === 'win32' ? ROOT : '..', path, 'junction')
        if (process.platform === 'win32') return
        rmSync(command, { force: true })
        symlinkSync('../../dist/cli/index.js', command)
      },
    }
  },
}

/** @param {{ release: boolean }} options @returns {Step} */
export function addon({ release }) {
  const profile = release ? 'release' : 'debug'
  // Tests and notes of the crates are no part of the addon.
  const skip = (/** @type {string} */ path) => /^crates\/[^/]+\/(tests|benches|examples)\/|^crates\/test_support\/|\.md$/.test(path)
  const inputs = ['crates', 'Cargo.toml', 'Cargo.lock', 'rust-toolchain.toml', '.cargo']
  return {
    name: 'addon',
    look() {
      const hash = hashOf(inputs, { extra: profile, skip })
      const stamp = stampAt('target/.errand-setup/addon')
      const to = inRoot('dist', 'errand.node')
      if (stamp.is(hash) && existsSync(to)) return { done: release ? 'release' : '' }
      return {
        why: existsSync(to) ? `crates/ or the profile changed (${profile})` : `not built yet (${profile}; minutes, the first time)`,
        async act(label) {
          const args = ['build', '-p', 'node', ...(release ? ['--release'] : [])]
          const { code, output } = await run(label, 'cargo', args)
          if (code !== 0) {
            const hint = /linker .* not found/.test(output) ? '; a C compiler is missing (Debian: apt-get install build-essential)' : ''
            const telling = output.replace(/^ +(Compiling|Download\w+|Updating|Locking|Adding) .*\n/gm, '')
            throw new StepFailed(`the addon could not be built${hint}`, { output: telling, byHand: `cargo ${args.join(' ')}` })
          }
          mkdirSync(inRoot('dist'), { recursive: true })
          // A process that runs keeps the file it has; a copy in place would change it under its feet.
          copyFileSync(builtAddon(profile), `${to}.new`)
          renameSync(`${to}.new`, to)
          stamp.set(hash)
        },
      }
    },
  }
}

/** @param {string} profile */
function builtAddon(profile) {
  const folder = join(resolve(ROOT, process.env.CARGO_TARGET_DIR ?? 'target'), profile)
  const names = ['liberrand_node.so', 'liberrand_node.dylib', 'errand_node.dll']
  const found = names.map((name) => join(folder, name)).find((path) => existsSync(path))
  if (!found) throw new StepFailed(`cargo built no addon in ${folder}`)
  return found
}

/** @type {Step} */
export const dist = {
  name: 'dist',
  look() {
    const hash = hashOf(['npm', 'tsconfig.json', 'index.d.ts', 'package-lock.json'])
    const stamp = stampAt('target/.errand-setup/dist')
    if (stamp.is(hash) && existsSync(inRoot('dist', 'index.js'))) return { done: '' }
    return {
      why: existsSync(inRoot('dist', 'index.js')) ? 'npm/ changed' : 'not built yet',
      async act(label) {
        await mustRun(label, process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.'])
        removeOrphans()
        if (process.platform !== 'win32') chmodSync(inRoot('dist', 'cli', 'index.js'), 0o755)
        stamp.set(hash)
      },
    }
  },
}

/** tsc leaves behind what it made of files that are gone. */
function removeOrphans() {
  const sources = new Set(
    filesBelow(inRoot('npm')).map((file) => relative(inRoot('npm'), file).replace(/(\.d)?\.tsx?$/, '')),
  )
  for (const file of filesBelow(inRoot('dist'))) {
    const source = relative(inRoot('dist'), file).replace(/\.d\.ts$|\.js$/, '')
    if (/\.js$|\.d\.ts$/.test(file) && !sources.has(source)) rmSync(file)
  }
}

/**
 * A program that a package manager of the system has.
 *
 * @param {{ name: string, what: string, why: string, variable: string, find(): string | null, packages: Record<string, string[]> }} program
 *   `packages`: what each package manager is told to install
 * @returns {Step}
 */
function systemProgram({ name, what, why, variable, find, packages }) {
  return {
    name,
    look() {
      if (find()) return { done: '' }
      const asked = process.env[variable]
      if (asked) throw new StepFailed(`${variable} names ${asked}, which is no program`)
      return {
        why,
        async act(label) {
          const by = MANAGERS.find(({ manager }) => packages[manager] && outputOf(manager, ['--version']) !== null)
          const install = by ? [...by.install, ...(packages[by.manager] ?? [])] : []
          const isRoot = process.getuid?.() === 0
          const maySudo = !isRoot && by?.root && outputOf('sudo', ['-n', 'true']) !== null
          if (by && (!by.root || isRoot || maySudo)) {
            const prefix = maySudo ? ['sudo', '-n'] : []
            for (const args of by.before ? [by.before, install] : [install]) {
              const [command = '', ...rest] = [...prefix, by.manager, ...args]
              process.stdout.write(`${label}${[command, ...rest].join(' ')}\n`)
              await run(label, command, rest, { env: { DEBIAN_FRONTEND: 'noninteractive' } })
            }
          }
          if (find()) return
          throw new StepFailed(
            `no ${what} was found, and none could be installed: install one yourself, or say where one is: ` +
              `${variable}=/path/to/it npm test`,
            by ? { byHand: `${by.root ? 'sudo ' : ''}${by.manager} ${install.join(' ')}` } : {},
          )
        },
      }
    },
  }
}

const MANAGERS = [
  { manager: 'apt-get', before: ['update', '-qq'], install: ['install', '-y', '--no-install-recommends'], root: true },
  { manager: 'dnf', install: ['install', '-y'], root: true },
  { manager: 'apk', install: ['add'], root: true },
  { manager: 'brew', install: ['install'], root: false },
]

export const chromium = systemProgram({
  name: 'chromium',
  what: 'Chromium (or Google Chrome)',
  why: 'none found; the browser tests need one',
  variable: 'CHROMIUM_PATH',
  find: findChromium,
  packages: { 'apt-get': ['chromium'], dnf: ['chromium'], apk: ['chromium'], brew: ['--cask', 'chromium'] },
})

/** The tests start servers of their own, on free ports and without a word to one that runs already. */
export const redis = systemProgram({
  name: 'redis',
  what: 'Redis or Valkey server',
  why: 'none found; the tests of the cache need one',
  variable: 'REDIS_SERVER_PATH',
  find: findRedis,
  packages: { 'apt-get': ['redis-server'], dnf: ['valkey'], apk: ['redis'], brew: ['redis'] },
})

/** Whether there is a file or a link, even a broken one. @param {string} path */
function isThere(path) {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}

/**
 * Takes the steps in order. Those that have nothing to do share a line.
 *
 * @param {Step[]} steps
 */
export async function take(steps) {
  const started = Date.now()
  const width = Math.max(...steps.map(({ name }) => name.length)) + 2
  /** @type {string[]} */
  const well = []
  for (const step of steps) {
    const look = step.look()
    if ('done' in look) {
      well.push(`${step.name}${look.done ? ` ${look.done}` : ''} ✓`)
      continue
    }
    const label = `${'setup'.padEnd(7)}${step.name.padEnd(width)}`
    process.stdout.write(`${label}${look.why}\n`)
    const begun = Date.now()
    await look.act(label)
    process.stdout.write(`${label}✓ ${((Date.now() - begun) / 1000).toFixed(1)} s\n`)
  }
  process.stdout.write(`${'setup'.padEnd(7)}${[...well, `(${((Date.now() - started) / 1000).toFixed(1)} s)`].join('   ')}\n`)
}
