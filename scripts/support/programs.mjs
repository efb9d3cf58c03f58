/** Where the programs are that tests need: a Chromium, a Redis. */

import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import process from 'node:process'

const CHROMIUM_NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']

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
  const apps = process.platform === 'darwin' || process.platform === 'win32' ? APPS[process.platform] : []
  return find('CHROMIUM_PATH', CHROMIUM_NAMES, apps)
}

/**
 * `REDIS_SERVER_PATH` if it is set, else what PATH has.
 *
 * @returns {string | null}
 */
export function findRedis() {
  return find('REDIS_SERVER_PATH', ['redis-server', 'valkey-server'], [])
}

/** @param {string} variable @param {string[]} names @param {string[]} others */
function find(variable, names, others) {
  const asked = process.env[variable]
  if (asked) return isProgram(asked) ? asked : null
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  const inPath = names.flatMap((name) => folders.map((folder) => join(folder, name)))
  return [...inPath, ...others].find(isProgram) ?? null
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
