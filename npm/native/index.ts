/** The one file that loads the native addon. */

import { createRequire } from 'node:module'
import process from 'node:process'

import type { Native } from './binding.ts'

export type * from './binding.ts'
export { LISTEN } from './binding.ts'

export const native: Native = load()

function load(): Native {
  const require = createRequire(import.meta.url)
  try {
    // The addon has no types of its own: `Native` says what crates/node exports.
    return require('../errand.node') as Native
  } catch (cause) {
    const { platform, arch, version } = process
    throw Object.assign(
      new Error(
        `errand's native addon could not be loaded on ${platform}-${arch}, Node ${version}. ` +
          'Reinstall the package on this machine; in a checkout, run `npm start` or `npm run build`.',
        { cause },
      ),
      { code: 'errand::no-addon' },
    )
  }
}
