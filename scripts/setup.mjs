/**
 * Makes a fresh clone ready: `node scripts/setup.mjs [--test] [--bench] [--release]`. Runs before `npm start`, `npm test` and
 * `npm run bench`; uses Node's own modules only, for there are no others yet.
 */

import process from 'node:process'

import { fail } from './support/run.mjs'
import { addon, cachePackages, cargo, chromium, clientPackages, dist, hostPackages, link, nextPackage, node, packages, redis, rustTools, take } from './support/steps.mjs'

const test = process.argv.includes('--test')
const bench = process.argv.includes('--bench')
const release = process.argv.includes('--release')

const steps = [
  node, cargo,
  ...(test ? [rustTools, chromium] : []),
  ...(test || bench ? [redis] : []),
  packages,
  ...(test || bench ? [nextPackage, hostPackages] : []),
  ...(test ? [clientPackages] : []),
  ...(bench ? [cachePackages] : []),
  link, addon({ release }), dist,
]

await take(steps).catch(fail)
