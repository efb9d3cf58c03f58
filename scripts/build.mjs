/** `npm run build`: what would be published. `--release` makes the small, fast addon. */

import { statSync } from 'node:fs'
import process from 'node:process'

import { inRoot } from './support/root.mjs'
import { fail } from './support/run.mjs'
import { addon, cargo, dist, link, node, packages, take } from './support/steps.mjs'

const release = process.argv.includes('--release')
await take([node, cargo, packages, link, addon({ release }), dist]).catch(fail)
const bytes = statSync(inRoot('dist', 'errand.node')).size
process.stdout.write(`build  dist/errand.node ${(bytes / 1024 / 1024).toFixed(1)} MB${release ? '' : ' (not for publishing: add --release)'}\n`)
