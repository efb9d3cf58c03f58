/** A real browser. */

import { chromium, type Browser } from 'playwright-core'

import { findChromium } from '../../scripts/support/programs.mjs'

/** What keeps a fresh browser from talking to anybody but us, and lets it run in a container. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Where the browser is: `CHROMIUM_PATH`, or what was found. */
export function chromiumPath(): string {
  const path = findChromium()
  if (path === null) throw new Error('no Chromium: run `node scripts/setup.mjs --test`, or set CHROMIUM_PATH')
  return path
}

/** Starts one without a window. Close it in `after`. */
export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath(), args: FLAGS })
}
