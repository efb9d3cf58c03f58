/** Where a Chromium is, for the browser tests. */

import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import process from 'node:process'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']

const APPS = {
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ],
  win32: ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'].map((name) =>
    join(process.env[name] ?? 'C:\\', 'Google', 'Chrome', 'Application', 'chrome.exe'),
  ),
}

/**
 * `CHROMIUM_PATH` if it is set, else what PATH and the usual places have.
 *
 * @returns {string | null}
 */
export function findChromium() {
  const asked = process.env.CHROMIUM_PATH
  if (asked) return isProgram(asked) ? asked : null
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  const inPath = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)))
  const apps = process.platform === 'darwin' || process.platform === 'win32' ? APPS[process.platform] : []
  return [...inPath, ...apps].find(isProgram) ?? null
}

/** @param {string} path */
function isProgram(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
