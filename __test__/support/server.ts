/** Servers as processes of their own. */

import { spawn, type SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { createInterface } from 'node:readline'

export interface StartOptions {
  /** The program and its arguments; `node` is this one. */
  command: [string, ...string[]]
  cwd: string
  env?: Record<string, string>
  /** It is up when it prints a line like this. Without it: when `url` answers. */
  ready?: RegExp
  url?: string
}

export interface ServerProcess {
  /** The line that matched `ready`. */
  line: RegExpExecArray | null
  /** Everything printed so far. */
  output(): string
  /** Whether it still runs. */
  alive(): boolean
  /** Ends it, and waits for its end. */
  stop(): Promise<void>
}

/** How long a server may take on a busy machine. */
const LONGEST_START_MS = 60_000
/** How long it may take to end before it is made to. */
const LONGEST_END_MS = 5_000

/** Starts a server and waits until it is up. When it fails to, its output is in the error. */
export async function start({ command: [program, ...args], cwd, env, ready, url }: StartOptions): Promise<ServerProcess> {
  const options: SpawnOptions = { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] }
  const child = spawn(program === 'node' ? process.execPath : program, args, options)
  const lines: string[] = []
  const ended = once(child, 'exit')
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill) // a test that crashes leaves nothing behind

  const up = new Promise<RegExpExecArray>((resolve) => {
    for (const stream of [child.stdout!, child.stderr!]) {
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line)
        const match = ready?.exec(line)
        if (match) resolve(match)
      })
    }
  })
  const stop = async (): Promise<void> => {
    process.off('exit', kill)
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    const timer = setTimeout(kill, LONGEST_END_MS)
    await ended
    clearTimeout(timer)
  }

  const failure = (why: string): Error => new Error(`${program} ${args.join(' ')} ${why}:\n${lines.join('\n')}`)
  const timer = new AbortController()
  try {
    const line = await Promise.race([
      ready ? up : answers(url ?? '', timer.signal),
      ended.then(([code]) => Promise.reject(failure(`ended with ${code} before it was up`))),
      later(LONGEST_START_MS, timer.signal).then(() => Promise.reject(failure('was not up in time'))),
    ])
    return {
      line,
      output: () => lines.join('\n'),
      alive: () => child.exitCode === null && child.signalCode === null,
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  } finally {
    timer.abort()
  }
}

/** Resolves when `url` answers anything at all. */
async function answers(url: string, signal: AbortSignal): Promise<null> {
  while (!signal.aborted) {
    const response = await fetch(url, { signal }).catch(() => null)
    if (response) {
      await response.body?.cancel()
      return null
    }
    await later(50, signal)
  }
  return null
}

function later(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
  })
}
