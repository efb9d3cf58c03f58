/** Child processes: found in PATH, watched while they run, quiet while they succeed. */

import { spawn, spawnSync } from 'node:child_process'
import process from 'node:process'
import { createInterface } from 'node:readline'

import { ROOT } from './root.mjs'

/** A failure that was foreseen: the message is for the user, `byHand` the one command to try. */
export class StepFailed extends Error {
  /** @param {string} message @param {{ output?: string, byHand?: string }} [details] */
  constructor(message, { output = '', byHand } = {}) {
    super(message)
    this.output = output
    this.byHand = byHand
  }
}

/** What `command` prints, or `null` when it can't be run or fails. @param {string} command @param {string[]} args */
export function outputOf(command, args) {
  const { status, stdout } = spawnSync(command, args, { cwd: ROOT, encoding: 'utf8' })
  return status === 0 ? stdout.trim() : null
}

/** How often a long step says where it is. */
const EVERY_MS = 3_000

/**
 * Runs `command` and gives its output. While it runs, a line now and then says how far it is; with `loud` (the default
 * when `CI` is set) everything is passed on as it comes.
 *
 * @param {string} label begins every line of progress
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, loud?: boolean }} [options]
 * @returns {Promise<{ code: number, output: string, seconds: number }>}
 */
export async function run(label, command, args, { cwd = ROOT, env = {}, loud = Boolean(process.env.CI) } = {}) {
  const started = Date.now()
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32' && /\.cmd$/.test(command),
  })
  /** @type {string[]} */
  const lines = []
  let shownAt = started
  /** @param {string} line */
  const take = (line) => {
    lines.push(line)
    if (loud) return void process.stdout.write(`${line}\n`)
    const now = Date.now()
    const text = plain(line).trim()
    if (text === '' || now - shownAt < EVERY_MS) return
    shownAt = now
    process.stdout.write(`${label}… ${seconds(now - started)}  ${text.slice(0, 90)}\n`)
  }
  createInterface({ input: child.stdout }).on('line', take)
  createInterface({ input: child.stderr }).on('line', take)
  const code = await new Promise((resolve) => {
    child.once('error', (error) => {
      lines.push(error.message)
      resolve(127)
    })
    child.once('close', (code) => resolve(code ?? 1))
  })
  return { code, output: lines.join('\n'), seconds: (Date.now() - started) / 1000 }
}

/** `run`, but a failure throws. @param {Parameters<typeof run>} args */
export async function mustRun(...args) {
  const [, command, commandArgs] = args
  const result = await run(...args)
  if (result.code === 0) return result
  const byHand = [command, ...commandArgs].join(' ')
  throw new StepFailed(`\`${byHand}\` failed (exit code ${result.code})`, { output: result.output, byHand })
}

/** @param {number} ms */
export const seconds = (ms) => (ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`)

/** Without colours. @param {string} text */
export const plain = (text) => text.replace(/\u001b\[[0-9;]*m/g, '')

/** Ends the process after a foreseen failure as a user wants to read it. @param {unknown} error @returns {never} */
export function fail(error) {
  if (!(error instanceof StepFailed)) throw error
  const { output, message, byHand } = error
  if (output && !process.env.CI) process.stderr.write(`\n${output}\n`)
  process.stderr.write(`\n✗ ${message}\n`)
  if (byHand) process.stderr.write(`  to see it alone: ${byHand}\n`)
  process.exit(1)
}
