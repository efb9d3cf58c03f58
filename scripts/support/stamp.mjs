/** Whether inputs changed since a step last succeeded: a hash of their bytes, kept where the step's output lives. */

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

import { inRoot, ROOT } from './root.mjs'

/** Outputs and dependencies: never inputs, wherever they lie. */
const NEVER = new Set(['node_modules', 'dist', 'target', '.git', '.cache', '.vite'])

/**
 * Hashes files, and every file below folders. What does not exist counts as such.
 *
 * @param {string[]} paths relative to the repository
 * @param {{ extra?: unknown, skip?: (path: string) => boolean }} [options] `extra` is hashed too; `skip` gets paths
 * relative to the repository, with `/`
 */
export function hashOf(paths, { extra = null, skip = () => false } = {}) {
  const hash = createHash('sha256').update(JSON.stringify(extra))
  for (const path of paths) {
    for (const file of filesBelow(inRoot(path))) {
      const name = relative(ROOT, file).replaceAll('\\', '/')
      if (!skip(name)) hash.update(`\0${name}\0`).update(readFileSync(file))
    }
  }
  return hash.digest('hex')
}

/** Every file at or below `path`, in a fixed order. @param {string} path @returns {string[]} */
export function filesBelow(path) {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat) return []
  if (!stat.isDirectory()) return [path]
  return readdirSync(path)
    .filter((name) => !NEVER.has(name))
    .sort()
    .flatMap((name) => filesBelow(join(path, name)))
}

/**
 * A remembered hash. `file` lies beside what the step makes, so that deleting the one forgets the other.
 *
 * @param {string} file relative to the repository
 */
export function stampAt(file) {
  const path = inRoot(file)
  return {
    /** @param {string} hash */
    is: (hash) => existsSync(path) && readFileSync(path, 'utf8') === hash,
    /** @param {string} hash */
    set(hash) {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, hash)
    },
  }
}
