/** Where an app keeps what outlives its processes. */

import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import process from 'node:process'

/** Beside the nearest installed packages: no build and no commit takes it along. */
export function cacheFolder(): string {
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    const packages = join(folder, 'node_modules')
    if (existsSync(packages)) return join(packages, '.cache', 'errand')
    if (dirname(folder) === folder) return resolve('.errand')
  }
}
